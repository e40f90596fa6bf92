"""Cases that would be granted, for tests to change one thing in."""

from host_tests.support.storage import key_of
from loquet.access import Case
from loquet.card import Card
from loquet.settings import Group

KEY = key_of(bytes.fromhex("04A1B2C3D4E580"))


def card(**more):
    return Card(KEY, **more)


def rule(group, schedule=None):
    """One entry of a door's `access`."""
    return Group({"group": group, "schedule": schedule})


def door(*rules, anti_passback_s=0):
    """A door's settings; without rules every card of the list may pass at any time."""
    return Group({"access": list(rules) or None, "anti_passback_s": anti_passback_s})


class At:
    """A Moment: `minute` since 2020 on a clock of this quality."""

    def __init__(self, minute=1000, quality="synchronised"):
        self.minute = minute
        self.seconds = 1577836800 + 60 * minute
        self.quality = quality


class Hours:
    """A calendar in which these schedules are open at all times, and no other ever is."""

    def __init__(self, *names):
        self.names = names
        self.asked = []

    def is_open(self, schedule, seconds):
        self.asked.append((schedule, seconds))
        return schedule in self.names


def case(**more):
    """A listed card at the entry of a plain door: granted, unless `more` says otherwise."""
    fields = {
        "card": card(),
        "doubt": None,
        "repeat": False,
        "random_uid": False,
        "door": door(),
        "entry": True,
        "posture": "normal",
        "in_order": True,
        "moment": At(),
        "calendar": Hours(),
        "use_free_running": False,
        "passed_s": None,
    }
    fields.update(more)
    return Case(**fields)
