"""A board without a network says so, and says what it has instead."""

import sys
from unittest.mock import MagicMock

import pytest


@pytest.fixture
def rp2_hal(monkeypatch):
    """The hal of the Pico, whose chip is not here."""
    for name in ("machine", "micropython", "rp2", "uctypes"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    for name in ("rp2", "rp2_relay", "rp2_senders"):
        monkeypatch.delitem(sys.modules, "boards.hal." + name, raising=False)
    yield __import__("boards.hal.rp2", None, None, ["Hal"])
    for name in ("rp2", "rp2_relay", "rp2_senders"):
        sys.modules.pop("boards.hal." + name, None)


def test_a_pico_refuses_networked_readers(rp2_hal):
    with pytest.raises(ValueError) as refused:
        rp2_hal.Hal.udp_port(None, "0.0.0.0", 4000, None)
    told = "udp: this board has no network; allowed: readers on serial lines"
    assert str(refused.value) == told
