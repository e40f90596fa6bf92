"""The small durable table: what its files hold, and that the newest row counts."""

from host_tests.support.card_folder import on_flash
from host_tests.support.check import raises
from loquet import records
from loquet.errors import StorageError
from loquet.ledger import Ledger, Log

PATH = "/flash/few"
# Two bytes of value: 38 rows fill a block.
FULL = 38


def key(number):
    return bytes([1, number]) + bytes(9)


def begun():
    Log(PATH, 2).settle()
    return reopened()


def reopened(capacity=100):
    ledger = Ledger(2, capacity)
    ledger.open(Log(PATH, 2))
    return ledger


def content(path):
    with open(path, "rb") as file:
        return file.read()


@on_flash
def test_a_tail_is_number_rows_note_and_rows():
    ledger = begun()
    ledger.put(key(5), b"ab", 7)
    ledger.put(key(3), b"cd", 8)
    block = content(PATH + ".tail")
    assert block[:-4] == b"\0\0\2\0\x08\0\0\0" + key(5) + b"ab" + key(3) + b"cd"
    assert records.is_sound(block)
    assert not records.exists(PATH)


@on_flash
def test_a_full_tail_is_added_to_the_log():
    ledger = begun()
    for number in range(FULL):
        ledger.put(key(number), b"ab")
    assert ledger.log.full and not records.exists(PATH)
    tail = content(PATH + ".tail")
    ledger.put(key(200), b"cd")
    assert content(PATH) == tail
    assert content(PATH + ".tail")[:4] == b"\1\0\1\0"
    assert reopened().log.rows == FULL + 1


@on_flash
def test_the_newest_row_of_a_key_counts():
    ledger = begun()
    for value in range(100):
        ledger.put(key(value % 3), bytes([value, 0]), value)
    for found in (ledger, reopened()):
        assert found.count == 3 and found.log.rows == 100 and found.log.note == 99
        assert [found.get(key(number)) for number in range(4)] == [b"c\0", b"a\0", b"b\0", None]


@on_flash
def test_power_that_goes_between_log_and_tail_costs_and_doubles_nothing():
    ledger = begun()
    for number in range(FULL):
        ledger.put(key(number), bytes([number, 0]), number)
    ledger.log.fold()
    ledger = reopened()
    assert ledger.count == FULL and ledger.log.rows == FULL and not ledger.log.full
    ledger.put(key(200), b"cd")
    ledger = reopened()
    assert ledger.log.rows == FULL + 1 and ledger.get(key(0)) == b"\0\0"


@on_flash
def test_rows_come_in_order_of_their_keys():
    ledger = begun()
    for number in (5, 1, 9, 3):
        ledger.put(key(number), b"ab")
    found = []
    row = ledger.after(b"")
    while row:
        found.append(row[0])
        row = ledger.after(row[0])
    assert found == [key(1), key(3), key(5), key(9)]
    assert ledger.after(key(4)) == (key(5), b"ab")
    assert [row[0] for row in ledger.since(2)] == [key(3), key(9)]


@on_flash
def test_a_ledger_holds_as_many_keys_as_it_was_made_for():
    ledger = begun()
    for number in range(3):
        ledger.put(key(number), b"ab")
    assert reopened(3).has_room(key(2)) and not reopened(3).has_room(key(3))
    error = raises(StorageError, reopened, 2)
    assert error.path == PATH and "more than 2" in str(error)


@on_flash
def test_a_log_without_its_tail_is_refused():
    ledger = begun()
    for number in range(FULL + 1):
        ledger.put(key(number), b"ab")
    older = content(PATH + ".tail")
    for number in range(FULL):
        ledger.put(key(number), b"ab")
    ledger.put(key(1), b"ab")
    with open(PATH + ".tail", "wb") as file:
        file.write(older)
    assert "same age" in str(raises(StorageError, reopened))
    records.remove(PATH + ".tail")
    assert raises(StorageError, reopened).path == PATH + ".tail"
