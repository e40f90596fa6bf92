"""Settings on flash: what is used at a start, what takes its place, and what a power cut costs."""

import json

from host_tests.support.check import raises
from host_tests.support.flash import Flash, Story, mount, run_cut_matrix, unmount
from loquet import records
from loquet.errors import SettingsError, StorageError
from loquet.settings_store import MOST_TRIES, SettingsStore

BLOCKS = 16


class Power:
    """A fresh flash, mounted as /flash as long as the `with` lasts."""

    def __enter__(self):
        mount(Flash(BLOCKS), fresh=True)
        return self

    def __exit__(self, *_):
        unmount()


def document(pulse_ms):
    return {"readers": [{"name": "front"}], "doors": [{"name": "front", "pulse_ms": pulse_ms}]}


def store():
    """As after a restart: nothing is remembered but what the flash holds."""
    return SettingsStore("/flash")


def start(good=True):
    """(pulse_ms in use, problems) of one start, which goes well or does not."""
    restarted = store()
    settings, problems = restarted.load_usable()
    if good:
        restarted.mark_good()
    return settings.doors[0].pulse_ms, problems


def damage(name):
    with open("/flash/" + name, "rb") as file:
        block = bytearray(file.read())
    block[len(block) // 2] ^= 0x10
    with open("/flash/" + name, "wb") as file:
        file.write(block)


def test_what_was_saved_is_used_at_the_next_start():
    with Power():
        store().save(document(1000))
        assert start() == (1000, [])
        store().save(document(2000))
        assert start() == (2000, [])
        assert start() == (2000, [])


def test_what_does_not_validate_is_refused_and_changes_nothing():
    with Power():
        store().save(document(1000))
        error = raises(SettingsError, store().save, document(99))
        assert error.path == "doors[0].pulse_ms"
        assert start() == (1000, [])


def test_without_settings_the_panel_does_not_start():
    with Power():
        error = raises(StorageError, store().load_usable)
        assert "/flash/settings is missing" in str(error)


def test_settings_that_do_not_start_have_their_tries_then_the_last_good_ones_are_used():
    with Power():
        store().save(document(1000))
        start()
        store().save(document(2000))
        for _ in range(MOST_TRIES):
            assert start(good=False) == (2000, [])
        for _ in range(3):
            pulse_ms, problems = start()
            assert pulse_ms == 1000
            assert len(problems) == 1 and "from starting 3 times" in problems[0]


def test_a_good_start_within_the_tries_ends_the_trial():
    with Power():
        store().save(document(1000))
        start()
        store().save(document(2000))
        for _ in range(MOST_TRIES - 1):
            start(good=False)
        assert start(good=True) == (2000, [])
        for _ in range(MOST_TRIES + 2):
            assert start(good=False) == (2000, [])


def test_settings_saved_later_have_tries_of_their_own():
    with Power():
        store().save(document(1000))
        start()
        store().save(document(2000))
        for _ in range(MOST_TRIES + 1):
            start(good=False)
        store().save(document(3000))
        assert start(good=False) == (3000, [])


def test_the_same_settings_saved_again_are_tried_again():
    with Power():
        store().save(document(1000))
        start()
        store().save(document(2000))
        for _ in range(MOST_TRIES + 1):
            start(good=False)
        store().save(document(2000))
        assert start() == (2000, [])


def test_where_nothing_ever_started_the_settings_are_tried_for_ever():
    with Power():
        store().save(document(1000))
        for _ in range(300):
            assert start(good=False) == (1000, [])


def test_a_usual_start_writes_nothing():
    flash = Flash(BLOCKS)
    mount(flash, fresh=True)
    try:
        store().save(document(1000))
        start()
        before = flash.work()
        start()
        assert flash.work() == before
    finally:
        unmount()


def test_damaged_settings_give_way_to_the_last_good_ones():
    with Power():
        store().save(document(1000))
        start()
        damage("settings")
        pulse_ms, problems = start()
        assert pulse_ms == 1000
        assert len(problems) == 1 and problems[0].startswith("/flash/settings is damaged")


def test_every_flipped_bit_and_every_cut_length_is_noticed():
    with Power():
        store().save(document(1000))
        start()
        with open("/flash/settings", "rb") as file:
            whole = file.read()
        spoilt = [whole[:length] for length in range(len(whole))]
        for place in range(len(whole)):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << place % 8
            spoilt.append(bytes(flipped))
        for block in spoilt:
            with open("/flash/settings", "wb") as file:
                file.write(block)
            pulse_ms, problems = start()
            assert pulse_ms == 1000 and "is damaged" in problems[0]


def test_missing_settings_give_way_to_the_last_good_ones():
    with Power():
        records.save("/flash/settings.good", json.dumps(document(1000)).encode())
        assert start() == (1000, ["/flash/settings is missing"])


def test_a_damaged_last_good_one_is_reported_and_made_anew():
    with Power():
        store().save(document(1000))
        start()
        damage("settings.good")
        pulse_ms, problems = start()
        assert pulse_ms == 1000 and "settings.good is damaged" in problems[0]
        assert start() == (1000, [])


def test_damaged_tries_begin_anew():
    with Power():
        store().save(document(1000))
        start()
        store().save(document(2000))
        for _ in range(MOST_TRIES):
            start(good=False)
        damage("settings.tries")
        assert start(good=False) == (2000, [])


def test_settings_that_this_firmware_does_not_know_give_way_to_the_last_good_ones():
    with Power():
        store().save(document(1000))
        start()
        records.save("/flash/settings", b'{"readers": [], "lift": 1}')
        pulse_ms, problems = start()
        assert pulse_ms == 1000
        assert problems[0].startswith("/flash/settings: lift is 1")


def test_where_nothing_can_be_used_every_cause_is_named():
    with Power():
        records.save("/flash/settings", b'{"lift": 1}')
        assert "lift is 1" in str(raises(StorageError, store().load_usable))
        records.save("/flash/settings.good", b'{"stairs": 1}')
        error = raises(StorageError, store().load_usable)
        assert "lift is 1" in str(error) and "stairs is 1" in str(error)
        damage("settings")
        damage("settings.good")
        assert str(raises(StorageError, store().load_usable)).count("damaged") == 2


def test_tries_that_cannot_be_written_are_reported_and_the_panel_starts():
    with Power():
        store().save(document(1000))
        unwritable = store()
        unwritable._tries = "/flash/no-such-folder/settings.tries"
        settings, problems = unwritable.load_usable()
        assert settings.doors[0].pulse_ms == 1000
        assert len(problems) == 1 and "cannot be written" in problems[0]


def prepared():
    """A chip with settings that have started."""
    flash = Flash(BLOCKS)
    mount(flash, fresh=True)
    store().save(document(1000))
    start()
    unmount()
    return flash.image


def found(states):
    """A start after the cut: a complaint unless it finds one of `states` and no problem."""
    pulse_ms, problems = start()
    return None if pulse_ms in states and not problems else "%s %s" % (pulse_ms, problems)


def changes(flash):
    story = Story(flash, 1000)
    story.step(2000, store().save, document(2000))
    restarted = store()
    restarted.load_usable()
    restarted.mark_good()
    story.step(3000, store().save, document(3000))
    start(good=False)
    start(good=False)
    story.step(3000, store().save, document(3000))
    return story


def test_a_change_survives_a_power_cut_at_every_operation():
    count, complaints = run_cut_matrix(prepared(), changes, found)
    assert count > 20 and not complaints, complaints[:3]


def fallback(flash):
    story = Story(flash, 1000)
    story.step(2000, store().save, document(2000))
    for _ in range(MOST_TRIES - 1):
        start(good=False)
    # Power that goes in the middle of the last try may leave it counted.
    story.step(1000, start, False)
    start()
    start()
    return story


def fallen_back(states):
    """After the cut: the new settings until they have had their tries, the old ones then."""
    pulse_ms, _ = start(good=False)
    return None if pulse_ms in states else "%d ms, not one of %s" % (pulse_ms, states)


def test_falling_back_survives_a_power_cut_at_every_operation():
    count, complaints = run_cut_matrix(prepared(), fallback, fallen_back)
    assert count > 8 and not complaints, complaints[:3]
