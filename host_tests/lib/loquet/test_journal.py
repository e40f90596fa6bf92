"""The event log from outside: what is acknowledged, what is kept, what it tells of itself."""

from host_tests.support.check import raises
from host_tests.support.journal import (
    CARD,
    FOLDER,
    SMALL_CAPACITY,
    add,
    add_and_flush,
    contents,
    flush,
    on_flash,
    pull_all,
    started,
)
from loquet.errors import UsageError
from loquet.journal import RAM_RECORDS, RESERVED_RECORDS


def kinds(records):
    return [record.kind for record in records if record.kind != "access_granted"]


def numbers(records):
    return [record.sequence for record in records]


def told(journal, kind):
    """(reason, count) of every record of that kind."""
    return [(r.reason, r.count) for r in pull_all(journal)[0] if r.kind == kind]


# Appending and flushing.


@on_flash
def test_numbers_begin_at_one_and_every_field_comes_back(flash):
    journal = started()
    assert journal.append("power_up", 0, "unknown") == 1
    number = journal.append("access_denied", 99, "free_running", 1, 2, "unknown_card", CARD, 3)
    flush(journal)
    records, lost = pull_all(journal)
    assert number == 2 and lost == 0
    assert contents(records[0]) == (1, "power_up", None, "unknown", 1, 255, 255, None, None, 0)
    assert contents(records[1]) == (
        (2, "access_denied", 99, "free_running", 1) + (1, 2, "unknown_card", CARD, 3)
    )


@on_flash
def test_appending_touches_no_flash(flash):
    journal = started()
    before = flash.work()
    add(journal, RAM_RECORDS + 5)
    assert flash.work() == before


@on_flash
def test_only_what_is_flushed_is_acknowledged_and_pulled(flash):
    journal = started()
    add(journal, 3)
    assert journal.waiting and journal.end == 1
    assert pull_all(journal) == ([], 0)
    flush(journal)
    assert not journal.waiting and journal.end == 4
    assert numbers(pull_all(journal)[0]) == [1, 2, 3]


@on_flash
def test_a_flush_with_nothing_to_do_does_nothing(flash):
    journal = started()
    before = flash.work()
    assert journal.flush() is False
    assert flash.work() == before


@on_flash
def test_a_flush_works_in_slices_and_says_while_there_is_more(flash):
    journal = started()
    add(journal, 20)
    assert journal.flush() is True
    assert journal.end == 17
    assert journal.flush() is False
    assert journal.end == 21


@on_flash
def test_events_that_come_between_two_slices_are_flushed_too(flash):
    journal = started()
    add(journal, 20)
    journal.flush()
    add(journal, 20)
    flush(journal)
    assert numbers(pull_all(journal)[0]) == list(range(1, 41))


@on_flash
def test_an_event_with_a_wrong_name_uses_up_no_number(flash):
    journal = started()
    raises(UsageError, journal.append, "door_ajar", 0, "unknown")
    assert add(journal, 1) == 1


@on_flash
def test_a_flush_is_due_by_count(flash):
    journal = started(due_events=3)
    assert not journal.due(0)
    add(journal, 2)
    assert not journal.due(0)
    add(journal, 1)
    assert journal.due(0)
    flush(journal)
    assert not journal.due(0)


@on_flash
def test_a_flush_is_due_by_age(flash):
    journal = started(due_s=30)
    add(journal, 1)
    assert not journal.due(1000)
    assert not journal.due(1029)
    assert journal.due(1030)
    flush(journal)
    assert not journal.due(1031)
    add(journal, 1)
    assert not journal.due(1040)
    assert journal.due(1070)


@on_flash
def test_a_reader_s_acknowledgement_becomes_due_as_well(flash):
    journal = started(due_s=30)
    journal.ack("office", 1)
    assert not journal.due(0)
    assert journal.due(30)


@on_flash
def test_events_that_find_no_room_in_ram_are_counted_in_the_log(flash):
    journal = started()
    last = add(journal, RAM_RECORDS)
    assert add(journal, 1) is None
    add(journal, 6)
    flush(journal)
    records, lost = pull_all(journal)
    assert numbers(records) == list(range(1, last + 2)) and lost == 0
    assert (records[-1].kind, records[-1].reason, records[-1].count) == ("gap", "ram_full", 7)
    assert add(journal, 1) == last + 2


@on_flash
def test_full_ram_does_not_keep_the_flush_from_catching_up_in_slices(flash):
    journal = started()
    for _ in range(100):
        add(journal, RAM_RECORDS // 2)
        journal.flush()
    flush(journal)
    records, lost = pull_all(journal, journal.first)
    assert lost == 0
    gaps = [record.count for record in records if record.kind == "gap"]
    assert gaps and min(gaps) > 0


# Restarts.


@on_flash
def test_records_and_their_order_survive_restarts_at_every_filling(flash):
    expected = 0
    for start in range(40):
        journal = started(capacity_events=1000)
        assert journal.boot == start + 1
        add_and_flush(journal, 3 + start % 7, per_flush=2)
        expected += 3 + start % 7
        journal.close()
    records, lost = pull_all(journal)
    assert numbers(records) == list(range(1, expected + 1))
    assert lost == 0 and journal.problems == [] and journal.check() == []
    assert [record.boot for record in records] == sorted(record.boot for record in records)


@on_flash
def test_a_wanted_restart_leaves_no_gap(flash):
    journal = started()
    add(journal, 5)
    journal.close()
    journal = started()
    assert add(journal, 1) == 6
    flush(journal)
    assert kinds(pull_all(journal)[0]) == []


@on_flash
def test_a_lost_tail_shows_as_a_gap_with_how_many_at_most(flash):
    journal = started()
    add(journal, 5)
    flush(journal)
    lost_number = add(journal, 4)
    journal = started()
    assert add(journal, 1) > lost_number
    flush(journal)
    records, lost = pull_all(journal)
    gap = records[5]
    assert (gap.kind, gap.reason) == ("gap", "restart")
    assert 4 <= gap.count <= RESERVED_RECORDS
    assert gap.sequence == 6 + gap.count
    assert numbers(records)[6:] == [gap.sequence + 1] and lost == 0


@on_flash
def test_starts_that_never_came_to_flush_make_one_gap(flash):
    journal = started()
    add(journal, 5)
    flush(journal)
    highest = 0
    for _ in range(5):
        number = add(started(), 1)
        assert number > highest
        highest = number
    journal = started()
    flush(journal)
    records, lost = pull_all(journal)
    assert kinds(records) == ["gap"] and lost == 0
    assert records[-1].count == records[-1].sequence - 6
    assert records[-1].sequence > highest
    assert journal.boot == 7


@on_flash
def test_more_events_than_are_reserved_at_once_get_rising_numbers(flash):
    journal = started(capacity_events=2000)
    add_and_flush(journal, 3 * RESERVED_RECORDS)
    flushed = journal.end
    given = add(journal, RAM_RECORDS // 2)
    journal = started(capacity_events=2000)
    assert add(journal, 1) > given
    flush(journal)
    records, lost = pull_all(journal)
    assert lost == 0 and kinds(records) == ["gap"]
    assert numbers(records)[: flushed - 1] == list(range(1, flushed))


@on_flash
def test_a_pull_that_starts_within_a_gap_counts_nothing_lost(flash):
    add(started(), 1)
    journal = started()
    flush(journal)
    records, after, lost = journal.pull(journal.end - 3, 10)
    assert kinds(records) == ["gap"] and lost == 0 and after == journal.end


# The ring.


@on_flash
def test_the_ring_keeps_its_capacity_and_loses_the_oldest_segment(flash):
    journal = started()
    add_and_flush(journal, 1000)
    assert journal.end - journal.first >= SMALL_CAPACITY
    assert journal.end - journal.first <= SMALL_CAPACITY + 2 * 128
    records, _ = pull_all(journal)
    assert numbers(records) == list(range(journal.first, 1001))
    assert journal.check() == []


@on_flash
def test_what_the_ring_lost_is_counted_for_each_pull(flash):
    journal = started()
    add_and_flush(journal, 1000)
    records, after, lost = journal.pull(0, 10)
    assert lost == journal.first - 1 and numbers(records)[0] == journal.first
    assert journal.pull(after, 10)[2] == 0
    assert pull_all(journal, 200)[1] == journal.first - 200


@on_flash
def test_the_ring_goes_on_after_a_restart(flash):
    for _ in range(6):
        journal = started()
        add_and_flush(journal, 100)
        journal.close()
    assert journal.end == 601
    assert numbers(pull_all(journal)[0]) == list(range(journal.first, 601))


@on_flash
def test_events_that_a_named_reader_never_saw_do_not_go_silently(flash):
    journal = started()
    journal.ack("office", 1)
    add_and_flush(journal, 40)
    journal.ack("office", 21)
    add_and_flush(journal, 400)
    overwritten = told(journal, "overwritten")
    assert overwritten[0] == (None, 108)
    assert sum(count for _, count in overwritten) == journal.first - 21


@on_flash
def test_the_ring_says_nothing_when_all_readers_have_what_goes(flash):
    journal = started()
    for _ in range(60):
        add_and_flush(journal, 8)
        journal.ack("office", journal.end)
        journal.ack("server", journal.end)
    assert journal.first > 1
    assert kinds(pull_all(journal)[0]) == []


# Pulling.


@on_flash
def test_pages_follow_each_other_whatever_their_size(flash):
    journal = started(capacity_events=500)
    add_and_flush(journal, 300)
    for limit in (1, 7, 128, 1000):
        assert numbers(pull_all(journal, 0, limit)[0]) == list(range(1, 301))


@on_flash
def test_a_pull_reads_one_file_at_most(flash):
    journal = started(capacity_events=2000)
    add_and_flush(journal, 1000)
    flash.reads = flash.read_bytes = 0
    records, _, _ = journal.pull(500, 1000)
    assert 0 < len(records) <= 128
    assert flash.read_bytes < 20000


@on_flash
def test_at_the_end_the_cursor_stays_where_it_is(flash):
    journal = started()
    assert journal.pull(0, 10) == ([], 1, 0)
    add(journal, 3)
    flush(journal)
    assert journal.pull(4, 10) == ([], 4, 0)


@on_flash
def test_a_cursor_beyond_the_end_is_refused(flash):
    journal = started()
    add(journal, 3)
    flush(journal)
    assert "beyond the end of the log, 4" in str(raises(UsageError, journal.pull, 5, 10))
    assert "beyond the end of the log, 4" in str(raises(UsageError, journal.ack, "office", 5))


# Named readers and the warning.


@on_flash
def test_cursors_of_several_readers_survive_a_restart(flash):
    journal = started()
    add(journal, 9)
    flush(journal)
    journal.ack("office", 4)
    journal.ack("server", 10)
    assert journal.waiting
    flush(journal)
    journal = started()
    assert (journal.cursor("office"), journal.cursor("server")) == (4, 10)
    assert journal.cursor("nobody") is None


@on_flash
def test_a_late_acknowledgement_moves_nobody_back(flash):
    journal = started()
    add(journal, 9)
    flush(journal)
    journal.ack("office", 8)
    flush(journal)
    journal.ack("office", 4)
    assert journal.cursor("office") == 8 and not journal.waiting


@on_flash
def test_a_reader_that_is_forgotten_stays_forgotten(flash):
    journal = started()
    journal.ack("office", 1)
    flush(journal)
    journal.forget("office")
    assert journal.waiting
    flush(journal)
    assert started().cursor("office") is None
    journal.forget("office")
    assert not journal.waiting


@on_flash
def test_readers_are_few_and_their_names_short(flash):
    journal = started()
    assert "1 to 16 bytes" in str(raises(UsageError, journal.ack, "", 1))
    assert "1 to 16 bytes" in str(raises(UsageError, journal.ack, "x" * 17, 1))
    for number in range(8):
        journal.ack("reader of many %d" % number, 1)
    assert "'one too many'" in str(raises(UsageError, journal.ack, "one too many", 1))
    flush(journal)
    with open(FOLDER + "/readers", "rb") as file:
        assert len(file.read()) <= 512


@on_flash
def test_the_warning_comes_once_at_80_percent_and_goes_once(flash):
    journal = started(capacity_events=200)
    journal.ack("office", 1)
    add_and_flush(journal, 159, per_flush=1)
    assert not journal.nearly_full
    add_and_flush(journal, 30, per_flush=1)
    assert journal.nearly_full
    journal.ack("office", 160)
    assert not journal.nearly_full
    add_and_flush(journal, 1)
    assert told(journal, "nearly_full") == [(None, 160)]
    assert told(journal, "nearly_full_over") == [(None, 31)]


@on_flash
def test_the_warning_stays_while_a_reader_keeps_pace_at_the_limit(flash):
    journal = started(capacity_events=200)
    journal.ack("office", 1)
    add_and_flush(journal, 170)
    for _ in range(20):
        journal.ack("office", journal.end - 150)
        add_and_flush(journal, 8)
    assert len(told(journal, "nearly_full")) == 1 and not told(journal, "nearly_full_over")


@on_flash
def test_the_warning_goes_when_the_slow_reader_is_forgotten(flash):
    journal = started(capacity_events=200)
    journal.ack("office", 1)
    add_and_flush(journal, 170)
    journal.forget("office")
    assert not journal.nearly_full


@on_flash
def test_a_log_that_nobody_is_named_to_read_warns_of_nothing(flash):
    journal = started()
    add_and_flush(journal, 500)
    assert not journal.nearly_full and kinds(pull_all(journal)[0]) == []
