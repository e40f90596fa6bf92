"""A small table of rows by card that is durable as soon as a row is put: changes, and uses.

Rows are written in the order they come and the newest of a key counts. In RAM they are a sorted
table, allocated once. On flash a ledger is two files:

    NAME        the log: full blocks, one after another, each of BLOCK_ROWS rows
    NAME.tail   the block that is being filled, rewritten with every row

The tail is shorter than 512 bytes, so littlefs keeps it inside the folder's own log, where
rewriting costs a tenth of an erase. A full tail is appended to the log (one erase), as it is,
and only then does the file of the tail start anew: a cut in between leaves the block in both,
which its number shows.

A block: its number u16, rows in it u16, note u32 (the caller's, as of its last row), rows of key
and value, CRC-32. Little endian.
"""

import struct

from loquet import records
from loquet.card import KEY_BYTES, lower_bound
from loquet.errors import StorageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# A tail of this size stays inline in littlefs, whose limit is an eighth of a 4096-byte block.
_MOST_BLOCK_BYTES = const(508)
_HEAD_BYTES = const(8)
_ORDINAL_BYTES = const(2)
_MOST_ROWS = const(0xFFFF)


class Log:
    """The two files of a ledger, and the block that is being filled."""

    def __init__(self, path: str, value_bytes: int):
        self.path = path
        self._row_bytes = KEY_BYTES + value_bytes
        space = _MOST_BLOCK_BYTES - _HEAD_BYTES - records.CRC_BYTES
        self.block_rows = space // self._row_bytes
        self._block = bytearray(_HEAD_BYTES + self.block_rows * self._row_bytes + records.CRC_BYTES)
        self._number = 0
        self._filled = 0
        self.note = 0

    @property
    def rows(self) -> int:
        """How many rows have been put since the ledger was begun."""
        return self._number * self.block_rows + self._filled

    def put(self, key: bytes, value: bytes, note: int) -> None:
        """Adds a row. It is not durable before `settle`. Raises StorageError."""
        if self.full:
            self.fold()
        at = _HEAD_BYTES + self._filled * self._row_bytes
        self._block[at : at + KEY_BYTES] = key
        self._block[at + KEY_BYTES : at + self._row_bytes] = value
        self._filled += 1
        self.note = note

    def settle(self) -> None:
        """Makes what was put durable. Raises StorageError."""
        end = _HEAD_BYTES + self._filled * self._row_bytes + records.CRC_BYTES
        records.rewrite(self.path + ".tail", self._sealed(end))

    def take_back(self, note: int) -> None:
        """Forgets the last row, which could not be made durable."""
        self._filled -= 1
        self.note = note

    @property
    def full(self) -> bool:
        return self._filled == self.block_rows

    def fold(self) -> None:
        """Moves the full tail to the log: at most one erase. Raises StorageError."""
        records.append(self.path, self._sealed(len(self._block)))
        self._number += 1
        self._filled = 0

    def _sealed(self, end: int) -> memoryview:
        block = memoryview(self._block)[:end]
        struct.pack_into("<HHI", block, 0, self._number, self._filled, self.note)
        records.seal(block)
        return block

    def replay(self):
        """Reads both files; yields (key, value) of every row, as put. Raises StorageError."""
        tail = records.load(self.path + ".tail")
        if tail is None:
            raise StorageError(self.path + ".tail", "is missing")
        number, filled, note = struct.unpack_from("<HHI", tail, 0)
        blocks, rest = divmod(records.size(self.path), len(self._block))
        # The tail may be the log's last block as well; see above.
        in_log = number == blocks - 1 and filled == self.block_rows
        if rest or not (number == blocks or in_log):
            raise StorageError(self.path, "is cut off, or not of the same age as its tail")
        yield from self._replay_log(blocks)
        self._number, self._filled, self.note = number, filled, note
        self._block[: len(tail)] = tail
        if in_log:
            self._number, self._filled = blocks, 0
        else:
            yield from self._rows_of(filled)

    def _replay_log(self, blocks: int):
        if not blocks:
            return
        try:
            with open(self.path, "rb") as file:
                for number in range(blocks):
                    file.readinto(self._block)
                    self._check(number)
                    yield from self._rows_of(self.block_rows)
        except OSError as error:
            raise records.cannot_read(self.path, error)

    def _check(self, number: int) -> None:
        if not records.is_sound(self._block) or number != self._block[0] | self._block[1] << 8:
            raise StorageError(self.path, "is damaged in block %d" % number)

    def _rows_of(self, filled: int):
        for at in range(_HEAD_BYTES, _HEAD_BYTES + filled * self._row_bytes, self._row_bytes):
            middle = at + KEY_BYTES
            yield bytes(self._block[at:middle]), bytes(self._block[middle : at + self._row_bytes])

    def remove(self) -> None:
        """Deletes both files."""
        records.remove(self.path)
        records.remove(self.path + ".tail")


class Ledger:
    """The rows of a log by key, at most `capacity` of them, 13 bytes and a value each.

    `usable` is False until `open` has succeeded: what it holds is not known.
    """

    def __init__(self, value_bytes: int, capacity: int):
        self._value_bytes = value_bytes
        self._row_bytes = KEY_BYTES + value_bytes + _ORDINAL_BYTES
        self._table = bytearray(capacity * self._row_bytes)
        self._view = memoryview(self._table)
        self.capacity = capacity
        self.count = 0
        self.usable = False
        self.log = Log("", value_bytes)

    def open(self, log: Log) -> None:
        """Takes over what `log` holds. Raises StorageError; then the ledger is not usable."""
        self.usable = False
        self.log = log
        self.count = 0
        try:
            self._replay()
        except StorageError:
            self.count = 0
            raise
        self.usable = True

    def _replay(self) -> None:
        ordinal = 0
        for key, value in self.log.replay():
            if self.count == self.capacity and self.get(key) is None:
                raise StorageError(self.log.path, "holds more than %d rows" % self.capacity)
            self._note(key, value, ordinal)
            ordinal += 1

    def has_room(self, key: bytes) -> bool:
        """Whether a row of `key` can be put."""
        fits = self.count < self.capacity or self.get(key) is not None
        return fits and self.log.rows < _MOST_ROWS

    def get(self, key: bytes) -> bytes | None:
        """The value of the newest row of `key`."""
        row = self._find(key)
        return self._value(row) if self._is_at(row, key) else None

    def put(self, key: bytes, value: bytes, note: int = 0) -> None:
        """The row is durable when this returns; if it raises StorageError it was not put.

        The caller has seen that there is room for it.
        """
        before = self.log.note
        self.log.put(key, value, note)
        try:
            self.log.settle()
        except StorageError:
            self.log.take_back(before)
            raise
        self._note(key, value, self.log.rows - 1)

    def after(self, key: bytes):
        """(key, value) of the first row in order of keys that is above `key`, or None."""
        row = self._find(key)
        row += self._is_at(row, key)
        return None if row == self.count else (self._key(row), self._value(row))

    def since(self, ordinal: int):
        """Yields (key, value) of all rows put when there were `ordinal` rows or more."""
        for row in range(self.count):
            if self._ordinal(row) >= ordinal:
                yield self._key(row), self._value(row)

    def succeed(self, log: Log, ordinal: int) -> None:
        """From now on `log`, which holds the rows since `ordinal`, and no older ones."""
        kept = 0
        size = self._row_bytes
        for row in range(self.count):
            if self._ordinal(row) >= ordinal:
                self._view[kept * size : (kept + 1) * size] = self._view[
                    row * size : (row + 1) * size
                ]
                kept += 1
                # Older than all that will come.
                self._table[kept * size - 2 : kept * size] = b"\0\0"
        self.count = kept
        self.log = log
        self.usable = True

    def forget(self, key: bytes) -> None:
        """Drops the row of `key` from RAM; the next log will not have it."""
        at = self._find(key) * self._row_bytes
        end = self.count * self._row_bytes
        self._view[at : end - self._row_bytes] = self._view[at + self._row_bytes : end]
        self.count -= 1

    def _note(self, key: bytes, value: bytes, ordinal: int) -> None:
        row = self._find(key)
        at = row * self._row_bytes
        if not self._is_at(row, key):
            end = self.count * self._row_bytes
            self._view[at + self._row_bytes : end + self._row_bytes] = self._view[at:end]
            self.count += 1
        self._table[at : at + KEY_BYTES] = key
        self._table[at + KEY_BYTES : at + self._row_bytes] = value + ordinal.to_bytes(2, "little")

    def _find(self, key: bytes) -> int:
        return lower_bound(self._table, self._row_bytes, self.count, key)

    def _is_at(self, row: int, key: bytes) -> bool:
        return row < self.count and self._key(row) == key

    def _key(self, row: int) -> bytes:
        at = row * self._row_bytes
        return bytes(self._view[at : at + KEY_BYTES])

    def _value(self, row: int) -> bytes:
        at = row * self._row_bytes + KEY_BYTES
        return bytes(self._view[at : at + self._value_bytes])

    def _ordinal(self, row: int) -> int:
        end = (row + 1) * self._row_bytes
        return self._table[end - 2] | self._table[end - 1] << 8
