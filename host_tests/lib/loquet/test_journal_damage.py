"""Damaged files of the event log cost their own records, and are told of; nothing else stops."""

import os

from host_tests.support.check import raises
from host_tests.support.journal import (
    FOLDER,
    add,
    add_and_flush,
    change_byte,
    flush,
    on_flash,
    overwrite,
    pull_all,
    started,
    truncate,
)
from loquet.errors import StorageError
from loquet.journal import RESERVED_RECORDS
from loquet.records import save

SEGMENTS = FOLDER + "/segments/"
FIRST = SEGMENTS + "00000001"
BALLAST = "/flash/ballast%d"
SECOND = SEGMENTS + "00000081"


def three_segments():
    """Numbers 1 to 325; those from 257 on are in the third segment."""
    journal = started(capacity_events=1000)
    add_and_flush(journal, 325, per_flush=5)
    journal.close()
    return journal.end


def numbers(journal, cursor=0):
    return [record.sequence for record in pull_all(journal, cursor)[0]]


def restarted():
    return started(capacity_events=1000)


@on_flash
def test_a_flipped_bit_costs_one_record(flash):
    end = three_segments()
    change_byte(FIRST, 40 * 32 + 5)
    journal = restarted()
    records, lost = pull_all(journal)
    assert lost == 1
    assert [record.sequence for record in records] == [n for n in range(1, end) if n != 41]
    assert journal.check() == [FIRST + " is damaged: its sound records are kept"]


@on_flash
def test_a_damaged_sequence_number_costs_one_record(flash):
    three_segments()
    change_byte(FIRST, 40 * 32)
    assert pull_all(restarted())[1] == 1


@on_flash
def test_a_truncated_segment_in_the_middle_costs_what_was_cut_off(flash):
    end = three_segments()
    truncate(SECOND, 100 * 32 + 7)
    journal = restarted()
    assert numbers(journal) == list(range(1, 229)) + list(range(257, end))
    assert pull_all(journal)[1] == 28
    assert journal.check() == [SECOND + " is damaged: its sound records are kept"]


@on_flash
def test_a_segment_cut_off_between_two_records_is_found_too(flash):
    three_segments()
    truncate(SECOND, 100 * 32)
    assert restarted().check() == [SECOND + " is damaged: its sound records are kept"]


@on_flash
def test_an_emptied_segment_costs_its_records(flash):
    end = three_segments()
    truncate(FIRST, 0)
    journal = restarted()
    assert numbers(journal) == list(range(129, end)) and pull_all(journal)[1] == 128
    assert len(journal.check()) == 1


@on_flash
def test_a_segment_that_disappears_costs_its_records(flash):
    end = three_segments()
    journal = restarted()
    os.remove(SECOND)
    assert numbers(journal) == list(range(1, 129)) + list(range(257, end))
    assert pull_all(journal)[1] == 128 and len(journal.check()) == 1


@on_flash
def test_a_damaged_end_of_the_newest_segment_is_told_and_left_alone(flash):
    end = three_segments()
    newest = SEGMENTS + sorted(os.listdir(SEGMENTS[:-1]))[-1]
    with open(newest, "rb") as file:
        size = len(file.read())
    change_byte(newest, size - 3)
    journal = restarted()
    assert journal.problems == [newest + " is damaged: its sound records are kept"]
    add_and_flush(journal, 200)
    with open(newest, "rb") as file:
        assert len(file.read()) == size
    records, lost = pull_all(journal)
    told = [(record.kind, record.count) for record in records if record.kind != "access_granted"]
    assert told == [("gap", 1), ("storage_damaged", 1)] and lost == 0
    assert len(records) == end - 2 + len(told) + 200


@on_flash
def test_a_newest_segment_without_one_sound_record_is_replaced(flash):
    journal = started()
    add_and_flush(journal, 128, per_flush=16)
    journal.close()
    overwrite(FIRST, b"\x55" * 700)
    for number in range(16):
        overwrite(FOLDER + "/young%02d" % number, b"")
    journal = started()
    assert len(journal.problems) == 1
    given = add(journal, 1)
    assert given > 128
    flush(journal)
    records, lost = pull_all(journal)
    assert [record.kind for record in records] == ["gap", "storage_damaged", "access_granted"]
    assert records[0].count == 128 and lost == 0


@on_flash
def test_what_cannot_be_read_is_told_by_name(flash):
    started()
    os.mkdir(FIRST)
    os.mkdir(FOLDER + "/young07")
    journal = started()
    assert len(journal.problems) == 2
    assert FIRST in journal.problems[0] and "young07" in journal.problems[1]


@on_flash
def test_a_damaged_young_file_costs_its_damaged_records(flash):
    journal = started()
    add(journal, 8)
    flush(journal)
    change_byte(FOLDER + "/young00", 3 * 32 + 9)
    journal = started()
    assert journal.problems == [FOLDER + "/young00 is damaged: its sound records are kept"]
    flush(journal)
    records, lost = pull_all(journal)
    assert [record.sequence for record in records[:7]] == [1, 2, 3, 5, 6, 7, 8] and lost == 1


@on_flash
def test_a_truncated_young_file_costs_what_was_cut_off(flash):
    journal = started()
    add(journal, 8)
    flush(journal)
    truncate(FOLDER + "/young00", 5 * 32 + 1)
    journal = started()
    assert len(journal.problems) == 1
    flush(journal)
    records, lost = pull_all(journal)
    assert [record.kind for record in records[5:]] == ["gap", "storage_damaged"] and lost == 0
    assert records[5].count >= 3


@on_flash
def test_a_young_file_that_never_got_its_content_is_no_damage(flash):
    started()
    overwrite(FOLDER + "/young00", b"")
    assert started().problems == []


@on_flash
def test_young_files_bring_back_the_end_that_a_segment_lost(flash):
    journal = started()
    add_and_flush(journal, 72)
    journal.close()
    truncate(FIRST, 40 * 32)
    journal = started()
    flush(journal)
    # The last 8 went straight from RAM into the segment, with the 64 that fill the young files.
    assert numbers(journal)[:64] == list(range(1, 65))


@on_flash
def test_damaged_numbers_are_guessed_high_and_told(flash):
    journal = started()
    add(journal, 5)
    flush(journal)
    given = add(journal, 5)
    change_byte(FOLDER + "/state", 2)
    journal = started()
    assert (FOLDER + "/state is damaged") in journal.problems[0]
    assert add(journal, 1) > given
    flush(journal)
    records, lost = pull_all(journal)
    assert (records[5].kind, records[5].reason) == ("gap", "state_damaged")
    assert records[5].count == RESERVED_RECORDS and lost == 0


@on_flash
def test_numbers_that_are_missing_beside_records_are_damage_too(flash):
    journal = started()
    add(journal, 5)
    flush(journal)
    os.remove(FOLDER + "/state")
    journal = started()
    flush(journal)
    assert pull_all(journal)[0][5].reason == "state_damaged"


@on_flash
def test_damaged_cursors_make_all_readers_unknown_and_are_told(flash):
    journal = started()
    journal.ack("office", 1)
    flush(journal)
    change_byte(FOLDER + "/readers", 4)
    journal = started()
    assert (FOLDER + "/readers is damaged") in journal.problems[0]
    assert journal.cursor("office") is None
    journal.ack("office", 1)
    flush(journal)
    assert started().cursor("office") == 1


@on_flash
def test_a_log_of_another_version_is_refused_by_name(flash):
    started()
    save(FOLDER + "/state", b"\x02 whatever a later version keeps")
    assert "/state has version 2; this is 1" in str(raises(StorageError, started))


@on_flash
def test_a_stranger_s_file_among_the_segments_is_ignored(flash):
    end = three_segments()
    overwrite(SEGMENTS + "zzzzzzzz", b"?")
    overwrite(SEGMENTS + "notes.txt", b"?")
    assert numbers(restarted()) == list(range(1, end))


@on_flash
def test_a_folder_that_cannot_be_made_is_named(flash):
    overwrite(FOLDER, b"a file where the folder should be")
    assert FOLDER in str(raises(StorageError, started))


def fill_up(made=0):
    """Takes every block that is left, one file each; returns how many files there are then."""
    try:
        while True:
            overwrite(BALLAST % made, bytes(4096))
            made += 1
    except OSError:
        return made


def make_room(files):
    for number in range(files):
        os.remove(BALLAST % number)


@on_flash
def test_full_storage_is_named_and_costs_nothing_while_ram_lasts(flash):
    journal = started()
    add_and_flush(journal, 60, per_flush=15)
    add(journal, 40)
    files = fill_up()
    error = raises(StorageError, flush, journal)
    assert FOLDER in str(error) and "no room" in str(error)
    make_room(files)
    flush(journal)
    assert numbers(journal) == list(range(1, 101)) and pull_all(journal)[1] == 0
    assert started().problems == [] and journal.check() == []


@on_flash
def test_a_failed_append_to_a_segment_is_repeated_in_a_new_one(flash):
    journal = started(capacity_events=500)
    add_and_flush(journal, 72)
    add_and_flush(journal, 60, per_flush=15)
    files = fill_up()
    add(journal, 16)
    raises(StorageError, flush, journal)
    make_room(files)
    flush(journal)
    add_and_flush(journal, 100)
    assert numbers(journal) == list(range(1, 249)) and pull_all(journal)[1] == 0
    assert sorted(os.listdir(SEGMENTS[:-1]))[1] == "00000049"


@on_flash
def test_storage_that_others_keep_full_does_not_eat_the_log(flash):
    journal = started()
    add_and_flush(journal, 376)
    before = journal.first
    add(journal, 64)
    files = failures = 0
    for _ in range(20):
        files = fill_up(files)
        try:
            journal.flush()
        except StorageError:
            failures += 1
    assert journal.first <= before + 128
    assert failures > 5
    make_room(files)
    flush(journal)
    assert numbers(journal, journal.first) == list(range(journal.first, 441))
