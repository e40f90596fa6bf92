"""The file of a card list: sorted, never changed once written, one read a lookup.

A list is its profiles (see card.py), 7 bytes each, and its records in order of their keys, 19
bytes each: key 11, number of the profile u16, from and until 6. Its digest is the SHA-256 of all
profiles and then all records.

The file is those in blocks of 498 bytes, each with a CRC-32: first blocks of 70 profiles, then
blocks of 26 records. What is left of the last of each kind is filled with FF. That is 19.2 bytes
a card. How many there are of both stands in the manifest.
"""

from loquet import records
from loquet.card import (
    KEY_BYTES,
    PROFILE_BYTES,
    check_key,
    is_live,
    lower_bound,
    pack,
)
from loquet.errors import CardError, StorageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


RECORD_BYTES = const(19)
BLOCK_RECORDS = const(26)
_BLOCK_PROFILES = const(70)
BLOCK_BYTES = const(498)
_DATES_AT = const(13)

# How many keys of the index stand in one piece of RAM.
_PART_KEYS = const(32)

# All profiles of the list in use are held in RAM, 7 bytes each.
MOST_PROFILES = const(2048)

# How many records of a staged list may have to come again after a cut. Making them durable costs
# an erase more each time, because littlefs copies the block it goes on with.
_SYNC_RECORDS = const(832)


def pack_list(cards) -> tuple:
    """(profiles, records) of a list of these Cards, sorted. Raises CardError."""
    profiles = Profiles(b"")
    rows = []
    for card in cards:
        value = pack(card)
        rows.append(record_of(card.key, value, profiles.place(value[:PROFILE_BYTES])))
    rows.sort()
    joined = b"".join(rows)
    check_order(b"", joined)
    return bytes(profiles.table), joined


def digest_of(profiles: bytes, listed: bytes) -> bytes:
    """The digest, 32 bytes, of the list that `pack_list` made."""
    return records.sha256(profiles + listed).digest()


def check_order(last: bytes, listed: bytes) -> bytes:
    """CardError unless the keys of `listed` ascend from `last` on; returns the last key."""
    for at in range(0, len(listed), RECORD_BYTES):
        key = bytes(listed[at : at + KEY_BYTES])
        check_key(key)
        if key <= last:
            word = "twice" if key == last else "out of order"
            raise CardError("card %s stands %s in the list" % (key.hex(), word))
        last = key
    return last


def check_profiles(table: bytes) -> None:
    """CardError unless these may be the profiles of a list."""
    if len(table) % PROFILE_BYTES or len(table) > MOST_PROFILES * PROFILE_BYTES:
        raise CardError("%d bytes of profiles: at most %d of 7" % (len(table), MOST_PROFILES))
    for at in range(0, len(table), PROFILE_BYTES):
        if not is_live(table[at : at + PROFILE_BYTES]):
            raise CardError("profile %d is that of a revoked card" % (at // PROFILE_BYTES))


def record_of(key: bytes, value: bytes, number: int) -> bytes:
    return key + number.to_bytes(2, "little") + value[PROFILE_BYTES:]


def file_bytes(profiles: int, count: int) -> int:
    """The size of the file of a list of so many profiles and records."""
    return (_blocks(profiles, _BLOCK_PROFILES) + _blocks(count, BLOCK_RECORDS)) * BLOCK_BYTES


def _blocks(rows: int, block_rows: int) -> int:
    return (rows + block_rows - 1) // block_rows


class Profiles:
    """A table of profiles. Numbers once given stay."""

    def __init__(self, table: bytes | bytearray):
        self.table = bytearray(table)

    @property
    def count(self) -> int:
        return len(self.table) // PROFILE_BYTES

    def row(self, number: int) -> bytes:
        return bytes(self.table[number * PROFILE_BYTES : (number + 1) * PROFILE_BYTES])

    def number(self, profile: bytes) -> int:
        """The profile's number, -1 if it is not in the table."""
        at = self.table.find(profile)
        while at % PROFILE_BYTES and at >= 0:
            at = self.table.find(profile, at + 1)
        return -1 if at < 0 else at // PROFILE_BYTES

    def place(self, profile: bytes) -> int:
        """The profile's number, added if need be."""
        number = self.number(profile)
        if number >= 0:
            return number
        self.table += profile
        return self.count - 1

    def reuse(self, used: bytearray, profile: bytes) -> None:
        """Places the profile at a number that nobody has: `used` has a 0 there, for all MOST."""
        number = self.number(profile)
        if number < 0:
            number = used.find(b"\0")
            if number < 0:
                raise CardError("more than %d kinds of cards in one list" % MOST_PROFILES)
            self.table[number * PROFILE_BYTES : (number + 1) * PROFILE_BYTES] = profile
        used[number] = 1


class CardList:
    """A list file open for reading. `load` must have run to its end before anything else."""

    def __init__(self, path: str, profiles: int, count: int):
        self.path = path
        self.count = count
        # Numbers of blocks of records that cannot be used, as far as they have been found out.
        self.damaged: list[int] = []
        self._profile_count = profiles
        self._profile_blocks = _blocks(profiles, _BLOCK_PROFILES)
        self._blocks = _blocks(count, BLOCK_RECORDS)
        self._block = bytearray(BLOCK_BYTES)
        # The first key of each block of records, in parts: after weeks of running, a heap has no
        # room for all of them in one piece.
        self._index = [
            bytearray(_PART_KEYS * KEY_BYTES) for _ in range(0, self._blocks, _PART_KEYS)
        ]
        self.profiles = Profiles(b"")
        try:
            self._file = open(path, "rb")
        except OSError as error:
            raise records.cannot_read(path, error)

    def close(self) -> None:
        self._file.close()

    def load(self, digest=None):
        """Reads and checks every block, one a step; `digest`, a hash, takes in all they hold."""
        for number in range(self._profile_blocks):
            if not self._read(number):
                raise StorageError(self.path, "is damaged in its block %d of profiles" % number)
            rows = min(_BLOCK_PROFILES, self._profile_count - number * _BLOCK_PROFILES)
            self.profiles.table += self._block[: rows * PROFILE_BYTES]
            yield
        if digest:
            digest.update(self.profiles.table)
        following = bytes(KEY_BYTES)
        for number in range(self._blocks):
            following = self._enter(number, following)
            if digest:
                digest.update(memoryview(self._block)[: self._rows(number) * RECORD_BYTES])
            yield

    def _enter(self, number: int, following: bytes) -> bytes:
        """Makes a block's entry in the index; returns the least key that may follow it."""
        sound = self._read_records(number)
        first = bytes(self._block[:KEY_BYTES])
        at = (self._rows(number) - 1) * RECORD_BYTES
        last = int.from_bytes(self._block[at : at + KEY_BYTES], "big")
        if sound and (first < following or self._block[at] == 0xFF):
            self.damaged.append(number)  # sound, but a block of another list
            sound = False
        # Where a damaged block began is not known: it has all from the end of the one before.
        at = number % _PART_KEYS * KEY_BYTES
        part = self._index[number // _PART_KEYS]
        part[at : at + KEY_BYTES] = first if sound else following
        return (last + 1).to_bytes(KEY_BYTES, "big") if sound else following

    def find(self, key: bytes) -> bytes | None:
        """The value of `key`, None if it is not in the list or in a block that is damaged."""
        number = self._block_of(key)
        if number < 0 or not self._read_records(number):
            return None
        row = lower_bound(self._block, RECORD_BYTES, self._rows(number), key)
        at = row * RECORD_BYTES
        if row == self._rows(number) or self._block[at : at + KEY_BYTES] != key:
            return None
        return self.value(self._block[at : at + RECORD_BYTES])

    def value(self, record: bytes | bytearray) -> bytes:
        """The value in a record."""
        return self.profiles.row(profile_of(record)) + bytes(record[_DATES_AT:])

    def records(self, after: bytes):
        """Yields the records with keys above `after`; whole blocks are left out if damaged."""
        for number in range(max(0, self._block_of(after)), self._blocks):
            if not self._read_records(number):
                continue
            block = bytes(self._block)  # lookups in between use the buffer
            for at in range(0, self._rows(number) * RECORD_BYTES, RECORD_BYTES):
                record = block[at : at + RECORD_BYTES]
                if record[:KEY_BYTES] > after:
                    yield record

    def _block_of(self, key: bytes) -> int:
        """The last block whose first key is not above `key`, -1 if there is none."""
        low = 0
        high = self._blocks
        while low < high:
            middle = (low + high) // 2
            at = middle % _PART_KEYS * KEY_BYTES
            # Damaged blocks in a row have the same entry, and the last of them may be sound.
            if self._index[middle // _PART_KEYS][at : at + KEY_BYTES] <= key:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def _rows(self, number: int) -> int:
        return min(BLOCK_RECORDS, self.count - number * BLOCK_RECORDS)

    def _read_records(self, number: int) -> bool:
        sound = self._read(self._profile_blocks + number)
        if not sound and number not in self.damaged:
            self.damaged.append(number)
        return sound

    def _read(self, number: int) -> bool:
        try:
            self._file.seek(number * BLOCK_BYTES)
            whole = self._file.readinto(self._block) == BLOCK_BYTES
        except OSError:
            whole = False
        return whole and records.is_sound(self._block)


def profile_of(record: bytes | bytearray) -> int:
    return record[KEY_BYTES] | record[KEY_BYTES + 1] << 8


class ListWriter:
    """Writes a list file from its beginning to its end, or goes on where it was cut off."""

    def __init__(self, path: str, profiles: int, resumable: bool):
        self.path = path
        self._resumable = resumable
        self._block = bytearray(BLOCK_BYTES)
        self._filled = 0
        # Blocks of records; those of profiles, before them, count from below zero.
        self._blocks = records.size(path) // BLOCK_BYTES - _blocks(profiles, _BLOCK_PROFILES)
        try:
            self.last_key = self._read_last_key() if self._blocks > 0 else b""
            self._file = open(path, "ab")
        except OSError as error:
            raise records.cannot_write(path, error)

    @property
    def count(self) -> int:
        """How many records there are by now."""
        return self._blocks * BLOCK_RECORDS + self._filled // RECORD_BYTES

    def begin(self, table: bytes | bytearray):
        """Writes the profiles, a block a step."""
        space = _BLOCK_PROFILES * PROFILE_BYTES
        for at in range(0, len(table), space):
            part = table[at : at + space]
            self._block[: len(part)] = part
            self._filled = len(part)
            self._write_block()
            yield

    def add(self, record: bytes | memoryview) -> None:
        """The next record. Raises StorageError."""
        self._block[self._filled : self._filled + RECORD_BYTES] = record
        self._filled += RECORD_BYTES
        self.last_key = bytes(record[:KEY_BYTES])
        if self._filled == BLOCK_RECORDS * RECORD_BYTES:
            self._write_block()
            if self._resumable and self.count % _SYNC_RECORDS == 0:
                self.sync()

    def sync(self) -> None:
        """Makes durable what is in full blocks."""
        try:
            records.to_disk(self._file)
        except OSError as error:
            raise records.cannot_write(self.path, error)

    def finish(self) -> None:
        """Writes what is left and closes the file: then all is durable."""
        if self._filled:
            self._write_block()
        self.sync()
        self.close()

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise records.cannot_write(self.path, error)

    def _write_block(self) -> None:
        end = BLOCK_BYTES - records.CRC_BYTES
        self._block[self._filled : end] = b"\xff" * (end - self._filled)
        records.seal(self._block)
        try:
            self._file.write(self._block)
        except OSError as error:
            raise records.cannot_write(self.path, error)
        self._filled = 0
        self._blocks += 1

    def _read_last_key(self) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(-BLOCK_BYTES, 2)
            file.readinto(self._block)
        at = (BLOCK_RECORDS - 1) * RECORD_BYTES
        return bytes(self._block[at : at + KEY_BYTES])
