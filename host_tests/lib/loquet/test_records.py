"""Checked files: whole or not there, and every complaint names the file."""

import os

from host_tests.support.card_folder import on_flash
from host_tests.support.check import raises
from loquet import records
from loquet.errors import StorageError

PATH = "/flash/small"


@on_flash
def test_what_is_saved_is_loaded():
    assert records.load(PATH) is None
    for data in (b"a", b"", bytes(300)):
        records.save(PATH, b"x" + data)
        assert records.load(PATH) == b"x" + data
    assert not records.exists(PATH + ".new")


@on_flash
def test_damage_is_named():
    records.save(PATH, b"something")
    with open(PATH, "rb") as file:
        block = bytearray(file.read())
    for at in range(len(block)):
        block[at] ^= 1
        records.rewrite(PATH, block)
        error = raises(StorageError, records.load, PATH)
        assert error.path == PATH and "damaged" in str(error)
        block[at] ^= 1
    records.rewrite(PATH, b"")
    raises(StorageError, records.load, PATH)


@on_flash
def test_sizes_and_removal_do_not_need_the_file():
    assert records.size(PATH) == 0
    records.append(PATH, b"1234")
    records.append(PATH, b"5678")
    assert records.size(PATH) == 8
    records.remove(PATH)
    records.remove(PATH)
    assert records.size(PATH) == 0


@on_flash
def test_a_full_storage_is_named_and_what_was_there_kept():
    records.save(PATH, b"something")
    error = raises(StorageError, records.save, PATH, bytes(300000))
    assert error.path == PATH + ".new" and "no room" in str(error)
    assert records.load(PATH) == b"something"


@on_flash
def test_what_cannot_be_done_is_named():
    missing = "/flash/none/file"
    raises(StorageError, records.make_folder, missing)
    raises(StorageError, records.names_in, missing)
    for function in (records.save, records.rewrite, records.append):
        assert missing in raises(StorageError, function, missing, b"x").path
    assert "missing" in str(records.cannot_read(PATH, OSError(2, "none")))
    assert PATH in str(records.cannot_read(PATH, OSError(5, "broken")))
    assert PATH in str(records.cannot_write(PATH, OSError(5, "broken")))


@on_flash
def test_a_folder_is_no_file():
    os.mkdir("/flash/folder")
    raises(StorageError, records.load, "/flash/folder")
    raises(StorageError, records.save, "/flash/folder", b"x")
    records.save(PATH, b"x")
    assert raises(StorageError, records.size, PATH + "/x").path == PATH + "/x"
    assert records.exists("/flash/folder")


@on_flash
def test_free_room_shrinks_by_what_is_written():
    before = records.free_bytes("/flash")
    records.append(PATH, bytes(20000))
    assert 20000 <= before - records.free_bytes("/flash") <= 24576


class Bare:
    """`os` of a system that has neither statvfs nor fsync."""

    rename = os.rename


@on_flash
def test_a_system_may_not_know_how_much_room_there_is():
    records.os = Bare
    try:
        assert records.free_bytes("/flash") > 100000000
        records.append(PATH, b"x")
    finally:
        records.os = os
    assert records.size(PATH) == 1
