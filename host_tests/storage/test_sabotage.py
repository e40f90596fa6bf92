"""The cuts of test_power_cut.py find it if a file is written in the wrong order, or too late."""

import os

import pytest

from host_tests.support.card_scenarios import SCENARIOS, before, cut_from
from loquet import records
from loquet.errors import LoquetError
from loquet.manifest import Manifest

save = records.save


def remove_before_rename(path, data):
    records.remove(path)
    save(path, data)


def rename_before_close(path, data):
    block = bytearray(len(data) + records.CRC_BYTES)
    block[: len(data)] = data
    records.seal(block)
    with open(path + ".new", "wb") as file:
        file.write(block)
        os.rename(path + ".new", path)


class Unflushed:
    """`records.rewrite`, but what is written stays in the open file until the next time."""

    def __init__(self):
        self._open = {}

    def __call__(self, path, block):
        if path in self._open:
            self._open[path].close()
        self._open[path] = open(path, "wb")
        self._open[path].write(block)


def manifest_after_the_old_files(manifest, **named):
    manifest._set(named)
    manifest.remove_others()
    manifest.save()


def complaints(name, monkeypatch=None, *patch):
    """What the cuts find. The state before was made by sound code."""
    prepare, happen = SCENARIOS[name]
    start = before(prepare, 0)
    if monkeypatch:
        monkeypatch.setattr(*patch)
    try:
        return cut_from(start, happen)[1]
    except LoquetError as error:
        return [f"without any cut: {error}"]


def test_without_sabotage_nothing_is_found():
    assert not complaints("replace")


@pytest.mark.parametrize("name", ["merge", "replace", "rollback"])
@pytest.mark.parametrize("sabotaged", [remove_before_rename, rename_before_close])
def test_a_rename_in_the_wrong_order_is_found(name, sabotaged, monkeypatch):
    assert complaints(name, monkeypatch, records, "save", sabotaged)


@pytest.mark.parametrize("name", ["add", "revoke", "use"])
def test_a_write_that_is_not_flushed_is_found(name, monkeypatch):
    assert complaints(name, monkeypatch, records, "rewrite", Unflushed())


@pytest.mark.parametrize("name", ["merge", "replace"])
def test_files_deleted_before_the_swap_are_found(name, monkeypatch):
    assert complaints(name, monkeypatch, Manifest, "replace", manifest_after_the_old_files)
