"""The 32-byte record: everything comes back, nothing damaged does."""

from host_tests.support.check import raises
from host_tests.support.journal import CARD, contents
from loquet import access, journal_records
from loquet.errors import UsageError
from loquet.journal_records import CLOCKS, KINDS, REASONS, Record, select, unpack
from loquet.records import seal


def packed(record):
    place = bytearray(32)
    record.pack_into(memoryview(place))
    return place


def full_record():
    record = Record(0xFFFFFFFE, "door_held", 0xFEDCBA98, "free_running", 65535)
    record.door, record.reader, record.reason = 3, 7, "repeat"
    record.card, record.count = CARD, 515
    return record


def test_every_field_comes_back():
    record = full_record()
    assert contents(unpack(packed(record))) == contents(record)


def test_what_an_event_does_not_have_comes_back_as_not_there():
    record = unpack(packed(Record(1, "power_up")))
    assert record.reason is None and record.card is None and record.clock == "unknown"
    assert record.door == record.reader == journal_records.NOBODY


def test_every_name_of_the_tables_comes_back():
    for _, kind in KINDS:
        for _, clock in CLOCKS:
            assert unpack(packed(Record(1, kind, 2, clock))).kind == kind
    for _, reason in REASONS:
        record = Record(1, "access_denied")
        record.reason = reason
        assert unpack(packed(record)).reason == reason


def test_a_number_stands_for_one_name_and_a_name_for_one_number():
    for table in (KINDS, REASONS, CLOCKS):
        assert len({row[0] for row in table}) == len({row[1] for row in table}) == len(table)


def test_every_reason_of_a_decision_can_be_logged():
    for name in dir(access):
        reason = getattr(access, name)
        if name == name.upper() and isinstance(reason, str) and name[0] != "_":
            assert reason in [row[1] for row in REASONS], name


def test_any_flipped_bit_is_found():
    place = packed(full_record())
    for bit in range(256):
        damaged = bytearray(place)
        damaged[bit // 8] ^= 1 << bit % 8
        assert unpack(damaged) is None, bit


def test_erased_and_zeroed_flash_is_no_record():
    assert unpack(b"\xff" * 32) is None
    assert unpack(bytes(32)) is None
    assert unpack(packed(full_record())[:31]) is None


def test_a_kind_and_a_reason_of_a_newer_version_keep_their_numbers():
    place = packed(full_record())
    place[11], place[14] = 99, 77
    seal(place)
    record = unpack(place)
    assert record.kind == "number_99" and record.reason == "number_77"


def test_a_wrong_name_is_refused_and_named():
    assert "'door_ajar'" in str(raises(UsageError, packed, Record(1, "door_ajar")))
    assert "'exact'" in str(raises(UsageError, packed, Record(1, "power_up", 0, "exact")))
    record = Record(1, "access_denied")
    record.reason = "mood"
    assert "'mood'" in str(raises(UsageError, packed, record))


def test_a_card_of_another_length_is_refused():
    record = full_record()
    record.card = CARD[:7]
    assert "not 7" in str(raises(UsageError, packed, record))


def test_a_count_too_large_for_the_record_becomes_the_largest():
    record = full_record()
    record.count = 70000
    assert unpack(packed(record)).count == 65535


def test_records_are_selected_by_number_and_limit():
    places = [packed(Record(number, "power_up")) for number in range(10, 20)]
    places[3][31] ^= 1

    def numbers(cursor, end, limit):
        records, after = select(places, cursor, end, limit)
        return [record.sequence for record in records], after

    assert numbers(0, 15, 99) == ([10, 11, 12, 14], 15)
    assert numbers(12, 30, 2) == ([12, 14], 15)
    assert numbers(25, 30, 2) == ([], 30)
