"""Settings: what is accepted, and that each refusal names the field, its value and what may be."""

import json

from host_tests.support.check import raises
from loquet.errors import SettingsError
from loquet.settings import load


def document(reader=None, door=None, **more):
    reader_fields = {"name": "front"}
    reader_fields.update(reader or {})
    door_fields = {"name": "front"}
    door_fields.update(door or {})
    whole = {"readers": [reader_fields], "doors": [door_fields]}
    whole.update(more)
    return whole


def refused(path, document, *words):
    error = raises(SettingsError, load, document)
    assert error.path == path, error.path
    for word in (path,) + words:
        assert word in str(error), str(error)


def test_what_is_left_out_has_its_default():
    settings = load(document())
    reader = settings.readers[0]
    assert (reader.name, reader.events, reader.bitrate) == ("front", "wakeup", 38400)
    assert (reader.half_duplex, reader.echo, reader.auto_sequences) == (False, False, False)
    assert (reader.serial_number, reader.stale_ms, reader.buffer_bytes) == (None, 2000, 1031)
    assert (settings.doors[0].name, settings.doors[0].pulse_ms) == ("front", 3000)
    assert settings.repeat_ms == 4000


def test_no_card_list_is_a_list_without_cards():
    assert load(document()).cards == frozenset()


def test_what_is_given_is_used():
    settings = load(
        document(
            {
                "events": "text",
                "bitrate": 921600,
                "half_duplex": True,
                "echo": True,
                "auto_sequences": True,
                "serial_number": "D1A2B3",
                "stale_ms": 500,
                "buffer_bytes": 4096,
            },
            {"pulse_ms": 100},
            repeat_ms=0,
            cards=["04a1B2c3"],
        )
    )
    reader = settings.readers[0]
    assert (reader.events, reader.bitrate, reader.half_duplex) == ("text", 921600, True)
    assert (reader.echo, reader.auto_sequences) == (True, True)
    assert (reader.serial_number, reader.stale_ms, reader.buffer_bytes) == ("D1A2B3", 500, 4096)
    assert (settings.doors[0].pulse_ms, settings.repeat_ms) == (100, 0)
    assert settings.cards == frozenset([b"\x04\xa1\xb2\xc3"])


def test_cards_have_1_to_10_bytes():
    ids = ["01", "04A1B2C3", "04A1B2C3D4E580", "00112233445566778899"]
    assert load(document(cards=ids)).cards == frozenset(bytes.fromhex(text) for text in ids)
    for wrong in ("", "0", "04A", "0011223344556677889900", "04 A1", "xy", 4, None, ["04"]):
        refused("cards[1]", document(cards=["04", wrong]), "hex digits", json.dumps(wrong))


def test_an_unknown_field_is_named_with_its_path_and_the_known_ones():
    refused("repeat_s", document(repeat_s=4), "repeat_ms", "cards")
    refused("readers[0].bitrat", document({"bitrat": 38400}), "38400", "bitrate")
    refused("doors[0].pulse", document(door={"pulse": 1}), "pulse_ms")


def test_a_missing_name_is_named():
    refused("readers[0].name", {"readers": [{}], "doors": [{"name": "front"}]})
    refused("doors[0].name", {"readers": [{"name": "front"}], "doors": [{}]})
    refused("readers", {"doors": [{"name": "front"}]})
    refused("doors", {"readers": [{"name": "front"}]})


def test_numbers_have_ranges():
    for wrong in (99, 60001, 3000.0, True, "3000", None):
        refused("doors[0].pulse_ms", document(door={"pulse_ms": wrong}), "100", "60000", "ms")
    for wrong in (99, 10001, True):
        refused("readers[0].stale_ms", document({"stale_ms": wrong}), "100", "10000")
    for wrong in (63, 65544):
        refused("readers[0].buffer_bytes", document({"buffer_bytes": wrong}), "64", "65542")
    for wrong in (-1, 60001, True, False):
        refused("repeat_ms", document(repeat_ms=wrong), "60000")


def test_choices_are_listed():
    refused("readers[0].events", document({"events": "poll"}), '"poll"', "wakeup, spontaneous")
    for wrong in (9600, True, "38400", 38400.0):
        refused("readers[0].bitrate", document({"bitrate": wrong}), "38400, 115200")


def test_flags_are_true_or_false():
    for field in ("half_duplex", "echo", "auto_sequences"):
        refused("readers[0]." + field, document({field: 1}), "true or false")


def test_names_and_serial_numbers_are_short_texts():
    for wrong in ("", "x" * 33, 5, None):
        refused("readers[0].name", document({"name": wrong}))
    for wrong in ("", "x" * 33, 5):
        refused("readers[0].serial_number", document({"serial_number": wrong}))


def test_half_duplex_refuses_spontaneous_events():
    wrong = {"half_duplex": True, "events": "spontaneous"}
    refused("readers[0].events", document(wrong), "spontaneous", "half_duplex")
    for right in ("wakeup", "text"):
        load(document({"half_duplex": True, "events": right}))


def test_readers_have_names_of_their_own():
    same = {"readers": [{"name": "in"}, {"name": "in"}], "doors": [{"name": "front"}]}
    refused("readers[1].name", same, '"in"')


def test_there_is_a_reader_and_one_door():
    refused("readers", {"readers": [], "doors": [{"name": "front"}]})
    refused("doors", document(doors=[]))
    refused("doors", document(doors=[{"name": "a"}, {"name": "b"}]))


def test_lists_and_objects_are_what_they_must_be():
    refused("document", [])
    refused("readers", document(readers={"name": "front"}), "a list")
    refused("readers[0]", document(readers=["front"]), "a JSON object")
    refused("cards", document(cards="04A1B2C3"), "a list")


def test_a_long_wrong_value_is_shown_shortened():
    error = raises(SettingsError, load, document(cards=["4" * 5000]))
    assert len(str(error)) < 250
