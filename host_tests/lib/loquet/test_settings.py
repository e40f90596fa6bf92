"""Settings: what is accepted, and that each refusal names the field, its value and what may be."""

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
    return error


def test_what_is_left_out_has_its_default():
    settings = load(document())
    reader = settings.readers[0]
    assert (reader.name, reader.events, reader.bitrate) == ("front", "wakeup", 38400)
    assert (reader.half_duplex, reader.echo, reader.auto_sequences) == (False, False, False)
    assert (reader.serial_number, reader.stale_ms, reader.buffer_bytes) == (None, 2000, 1031)
    assert (settings.doors[0].name, settings.doors[0].pulse_ms) == ("front", 3000)
    assert settings.repeat_ms == 4000


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
        )
    )
    reader = settings.readers[0]
    assert (reader.events, reader.bitrate, reader.half_duplex) == ("text", 921600, True)
    assert (reader.echo, reader.auto_sequences) == (True, True)
    assert (reader.serial_number, reader.stale_ms, reader.buffer_bytes) == ("D1A2B3", 500, 4096)
    assert (settings.doors[0].pulse_ms, settings.repeat_ms) == (100, 0)


def test_an_unknown_field_is_named_with_its_path_and_the_known_ones():
    refused("repeat_s", document(repeat_s=4), "repeat_ms", "doors")
    refused("readers[0].bitrat", document({"bitrat": 38400}), "38400", "bitrate")
    refused("doors[0].pulse", document(door={"pulse": 1}), "pulse_ms")


def test_the_nearest_name_is_offered_for_an_unknown_field():
    refused("readers[0].bitrat", document({"bitrat": 38400}), "the nearest is bitrate")
    refused("doors[0].pulse", document(door={"pulse": 1}), "the nearest is pulse_ms")
    refused("limit", document(limit={}), "the nearest is limits")
    refused("limits.flush_ages", document(limits={"flush_ages": 1}), "the nearest is flush_age_s")


def test_a_name_near_to_none_gets_no_offer():
    for wrong in ("", "x", "volume"):
        whole = document()
        whole[wrong] = 1
        error = refused(wrong, whole)
        assert "nearest" not in str(error)


def test_a_long_wrong_name_is_shown_shortened():
    whole = document()
    whole["y" * 5000] = 1
    assert len(str(refused("y" * 40, whole))) < 250


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


def test_a_reader_takes_the_uid_unless_it_is_to_take_data_of_a_template():
    reader = load(document()).readers[0]
    assert (reader.credential, reader.template) == ("uid", None)
    reader = load(document({"credential": "data", "template": 2})).readers[0]
    assert (reader.credential, reader.template) == ("data", 2)
    refused("readers[0].credential", document({"credential": "pin"}), "uid, data")
    for wrong in (-1, 256, True, "1"):
        refused("readers[0].template", document({"credential": "data", "template": wrong}), "255")


def test_a_template_is_named_for_data_and_for_nothing_else():
    refused("readers[0].template", document({"credential": "data"}), "a number with")
    refused("readers[0].template", document({"template": 1}), "null with uid")


def test_readers_have_names_of_their_own():
    same = {"readers": [{"name": "in"}, {"name": "in"}], "doors": [{"name": "front"}]}
    refused("readers[1].name", same, '"in"')


def test_there_is_a_reader_and_a_door():
    refused("readers", {"readers": [], "doors": [{"name": "front"}]})
    refused("doors", document(doors=[]))


def test_lists_and_objects_are_what_they_must_be():
    refused("document", [])
    refused("readers", document(readers={"name": "front"}), "a list")
    refused("readers[0]", document(readers=["front"]), "a JSON object")
    refused("holidays", document(holidays="2026-12-24"), "a list")


def test_a_long_wrong_value_is_shown_shortened():
    error = raises(SettingsError, load, document(time_zone="4" * 5000))
    assert len(str(error)) < 250


def test_limits_have_defaults_one_by_one():
    limits = load(document()).limits
    assert (limits.capacity_cards, limits.capacity_events) == (20000, 10000)
    assert (limits.flush_age_s, limits.flush_count) == (30, 8)
    limits = load(document(limits={"flush_count": 1})).limits
    assert (limits.flush_age_s, limits.flush_count) == (30, 1)
    refused("limits.flush_age_s", document(limits={"flush_age_s": 0}), "1 to 3600", "(s)")
    refused("limits.capacity_cards", document(limits={"capacity_cards": 99}), "cards")
    refused("limits.capacity_events", document(limits={"capacity_events": 255}), "events")
    refused("limits", document(limits=[]), "a JSON object")


def test_the_time_zone_is_a_posix_rule():
    assert load(document()).time_zone == "UTC0"
    zone = "CET-1CEST,M3.5.0,M10.5.0/3"
    assert load(document(time_zone=zone)).time_zone == zone
    for wrong in ("Europe/Paris", "", None, 1):
        refused("time_zone", document(time_zone=wrong), "CET-1CEST")


def schedule(**hours):
    hours.setdefault("days", ["mon"])
    return document(schedules=[{"name": "office", "weekly": [hours]}])


def test_schedules_are_hours_of_days():
    settings = load(schedule(days=["mon", "holiday"], begin="08:30", end="18:00"))
    office = settings.schedules[0]
    hours = office.weekly[0]
    assert office.name == "office"
    assert (hours.days, hours.begin, hours.end) == (["mon", "holiday"], 510, 1080)


def test_hours_may_be_the_whole_day_or_cross_midnight():
    whole = load(schedule()).schedules[0].weekly[0]
    assert (whole.begin, whole.end) == (0, 1440)
    night = load(schedule(begin="22:00", end="06:00")).schedules[0].weekly[0]
    assert (night.begin, night.end) == (1320, 360)


def test_hours_that_cannot_be_are_refused():
    path = "schedules[0].weekly[0]"
    for wrong in ("8:30", "24:01", "12:60", "12-30", "12:30:00", "ab:cd", 830, None):
        refused(path + ".begin", schedule(begin=wrong), "08:30")
    refused(path, schedule(begin="08:00", end="08:00"), "not the end")
    refused(path, schedule(begin="24:00", end="08:00"), "before 24:00")
    refused(path + ".days", schedule(days=[]), "1 to 8")
    refused(path + ".days[0]", schedule(days=["monday"]), "mon, tue")
    refused("schedules[0].weekly", document(schedules=[{"name": "x", "weekly": []}]), "1 to 32")


def test_schedules_have_names_of_their_own():
    one = {"name": "office", "weekly": [{"days": ["mon"]}]}
    refused("schedules[1].name", document(schedules=[one, one]), '"office"', "only once")


def test_holidays_are_days_or_ranges_once_or_yearly():
    given = [
        {"first": "2026-05-01"},
        {"first": "2026-12-24", "last": "2027-01-02", "yearly": True},
        {"first": "2028-02-29", "last": "2028-02-29"},
    ]
    holidays = load(document(holidays=given)).holidays
    assert [(day.first, day.last, day.yearly) for day in holidays] == [
        ((2026, 5, 1), None, False),
        ((2026, 12, 24), (2027, 1, 2), True),
        ((2028, 2, 29), (2028, 2, 29), False),
    ]


def test_days_that_do_not_exist_are_refused():
    for wrong in (
        "2026-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "1999-12-31",
        "2100-01-01",
        "01-05-2026",
        "2026-5-1",
        "2026/05/01",
        20260501,
    ):
        refused("holidays[0].first", document(holidays=[{"first": wrong}]), "2026-12-24")


def test_ranges_that_cannot_be_are_refused():
    backward = {"first": "2026-05-02", "last": "2026-05-01"}
    refused("holidays[0].last", document(holidays=[backward]), '"2026-05-01"', "later")
    long = {"first": "2026-05-01", "last": "2027-05-01", "yearly": True}
    refused("holidays[0].last", document(holidays=[long]), "less than a year")
    load(document(holidays=[{"first": "2026-05-01", "last": "2027-05-01"}]))


def test_lists_are_bounded():
    refused("readers", document(readers=[{"name": str(n)} for n in range(9)]), "1 to 8")
    refused("doors", document(doors=[{"name": str(n)} for n in range(5)]), "1 to 4")
    refused("doors", document(doors=[]), "1 to 4")
    rows = [{"group": 1}] * 33
    refused("doors[0].access", document(door={"access": rows}), "1 to 32")
    refused("doors[0].access", document(door={"access": []}), "1 to 32")
    refused("schedules", document(schedules=[{}] * 33), "0 to 32")


def test_cards_are_not_settings():
    refused("cards", document(cards=["04A1B2C3"]), "only the fields")


def test_null_stands_where_nothing_is_the_default():
    reader = load(document({"serial_number": None, "template": None})).readers[0]
    assert (reader.serial_number, reader.template) == (None, None)
    refused("readers[0].serial_number", document({"serial_number": 5}), "null, or 1 to 32")


# Doors


OFFICE = [{"name": "office", "weekly": [{"days": ["mon"]}]}]


def door_of(**fields):
    return load(document(door=fields, schedules=OFFICE)).doors[0]


def refused_door(field, words, **fields):
    return refused("doors[0]." + field, document(door=fields, schedules=OFFICE), *words)


def test_a_door_has_defaults():
    door = door_of()
    assert (door.pulse_ms, door.extended_pulse_ms, door.relock) == (3000, 10000, "time")
    assert (door.contact, door.contact_settle_ms) == (False, 50)
    assert (door.rex, door.rex_settle_ms) == ("shunt", 50)
    assert (door.held_open_s, door.pre_alarm_s) == (30, 10)
    assert (door.posture, door.unlock_schedule, door.first_card) == ("normal", None, False)
    assert (door.access, door.anti_passback_s) == (None, 0)


def test_a_doors_numbers_have_ranges_and_units():
    for field, wrong, words in (
        ("extended_pulse_ms", (99, 120001, True), ("100 to 120000", "ms")),
        ("contact_settle_ms", (-1, 1001), ("0 to 1000", "ms")),
        ("rex_settle_ms", (-1, 1001), ("0 to 1000", "ms")),
        ("held_open_s", (4, 3601), ("5 to 3600", "(s)")),
        ("pre_alarm_s", (-1, 3601), ("0 to 3600", "(s)")),
        ("anti_passback_s", (-1, 86401, None), ("0 to 86400", "(s)")),
    ):
        for value in wrong:
            refused_door(field, words, **{field: value})


def test_a_doors_choices_are_listed():
    refused_door("relock", ("time, opening, closing",), contact=True, relock="open")
    refused_door("rex", ("shunt, unlock",), rex="release")
    refused_door("posture", ("normal, unlocked, lockdown, schedule",), posture="locked")
    for field in ("contact", "first_card"):
        refused_door(field, ("true or false",), **{field: 1})


def test_a_pulse_may_be_longer_than_the_default_of_the_extended_one():
    door = door_of(pulse_ms=60000)
    assert (door.pulse_ms, door.extended_pulse_ms) == (60000, 10000)


def test_only_a_door_with_a_contact_relocks_by_it():
    for relock in ("opening", "closing"):
        refused_door("relock", ("time where no contact is",), relock=relock)
        assert door_of(relock=relock, contact=True).relock == relock


def test_the_warning_comes_before_the_alarm():
    refused_door("pre_alarm_s", ("less than held_open_s",), held_open_s=10)
    assert door_of(held_open_s=11).pre_alarm_s == 10
    assert door_of(held_open_s=5, pre_alarm_s=0).pre_alarm_s == 0


def test_a_schedule_belongs_to_the_posture_by_schedule_and_to_no_other():
    door = door_of(posture="schedule", unlock_schedule="office", first_card=True)
    assert (door.unlock_schedule, door.first_card) == ("office", True)
    refused_door("unlock_schedule", ("a name with the posture schedule",), posture="schedule")
    for posture in ("normal", "unlocked", "lockdown"):
        refused_door(
            "unlock_schedule", ("null with another",), posture=posture, unlock_schedule="office"
        )
        refused_door("first_card", ("false without",), posture=posture, first_card=True)


def test_access_is_for_groups_with_or_without_a_schedule():
    door = door_of(access=[{"group": 0}, {"group": 31, "schedule": "office"}])
    assert [(row.group, row.schedule) for row in door.access] == [(0, None), (31, "office")]
    for wrong in (-1, 32, True, None):
        refused_door("access[0].group", ("0 to 31",), access=[{"group": wrong}])
    refused_door("access[0].group", ("a value",), access=[{}])
    refused_door("access", ("a list of 1 to 32",), access={"group": 1})
    refused_door("access[0]", ("a JSON object",), access=["staff"])


# Names that are meant to be somewhere else in the document


def test_a_reader_belongs_to_a_door_that_is_there():
    both = [{"name": "front"}, {"name": "back"}]
    reader = load(document({"door": "back", "direction": "exit"}, doors=both)).readers[0]
    assert (reader.door, reader.direction) == ("back", "exit")
    reader = load(document()).readers[0]
    assert (reader.door, reader.direction) == (None, "entry")
    refused("readers[0].door", document({"door": "side"}, doors=both), '"side"', "front, back")
    refused("readers[0].direction", document({"direction": "in"}), "entry, exit")


def test_a_schedule_that_is_named_is_there():
    posture = {"posture": "schedule", "unlock_schedule": "night"}
    refused("doors[0].unlock_schedule", document(door=posture), "night", "there is none")
    refused_door("unlock_schedule", ('"night"', "one of office"), **posture)
    rows = [{"group": 1}, {"group": 1, "schedule": "night"}]
    refused_door("access[1].schedule", ('"night"', "one of office"), access=rows)


def test_the_wrong_door_is_the_one_that_is_told():
    doors = [{"name": "a"}, {"name": "b", "access": [{"group": 1, "schedule": "x"}]}]
    refused("doors[1].access[0].schedule", document(doors=doors))
    readers = [{"name": "a"}, {"name": "b", "door": "c"}]
    refused("readers[1].door", {"readers": readers, "doors": [{"name": "a"}]})


def test_the_clock_and_the_fire_input_have_defaults():
    settings = load(document())
    clock = settings.clock
    assert (clock.free_running, clock.synchronised_h, clock.step_limit_s) == ("refuse", 168, 60)
    assert settings.fire_input is False
    assert load(document(fire_input=True, clock={"free_running": "use"})).fire_input
    refused("clock.free_running", document(clock={"free_running": True}), "refuse, use")
    refused("clock.synchronised_h", document(clock={"synchronised_h": 8761}), "1 to 8760", "(h)")
    refused("clock.step_limit_s", document(clock={"step_limit_s": 0}), "1 to 86400", "(s)")
    refused("fire_input", document(fire_input=0), "true or false")


def udp(address="192.168.1.50", **more):
    more["address"] = address
    return {"name": "out", "udp": more}


def test_no_reader_is_on_the_network_unless_it_says_where():
    settings = load(document())
    assert settings.readers[0].udp is None
    assert (settings.udp.address, settings.udp.port) == ("0.0.0.0", 4000)
    reader = load(document(udp(), door={"name": "front"})).readers[0]
    assert (reader.udp.address, reader.udp.port) == ("192.168.1.50", 4000)
    assert reader.udp.check_port is False
    assert (reader.direction, reader.stale_ms, reader.credential) == ("entry", 2000, "uid")


def test_a_networked_readers_address_is_that_of_one_device_written_plainly():
    for wrong in (
        "",
        "reader.example",
        "192.168.1",
        "192.168.1.50.1",
        "192.168.1.256",
        "192.168.01.50",
        "192.168.1.+5",
        "192.168.1. 5",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        3232235826,
        None,
    ):
        refused("readers[0].udp.address", document(udp(wrong)), "as in 192.168.1.50")
    for right in ("1.0.0.0", "127.0.0.1", "223.255.255.255"):
        assert load(document(udp(right))).readers[0].udp.address == right
    refused("readers[0].udp.address", document({"udp": {}}), "no default")


def test_ports_have_ranges():
    for wrong in (0, 65536, -1, "4000", 4000.0, True):
        refused("readers[0].udp.port", document(udp(port=wrong)), "1 to 65535")
        refused("udp.port", document(udp={"port": wrong}), "1 to 65535")
    refused("readers[0].udp.check_port", document(udp(check_port=1)), "true or false")
    refused("udp.address", document(udp={"address": "everywhere"}), "0.0.0.0")
    assert load(document(udp={"address": "10.0.0.7"})).udp.address == "10.0.0.7"


def test_what_belongs_to_a_serial_line_is_left_out_on_the_network():
    for name, value in (
        ("events", "text"),
        ("bitrate", 38400),
        ("half_duplex", False),
        ("echo", False),
        ("auto_sequences", False),
        ("serial_number", None),
        ("buffer_bytes", 1031),
    ):
        reader = udp()
        reader[name] = value
        refused("readers[0]." + name, document(reader), "with udp it is left out")


def test_a_datagram_can_have_come_from_one_reader_only():
    def two(first, second):
        whole = document()
        whole["readers"] = [{"name": "in", "udp": first}, {"name": "out", "udp": second}]
        return whole

    at, elsewhere = "192.168.1.50", "192.168.1.51"
    load(two({"address": at}, {"address": elsewhere}))
    apart = {"address": at, "check_port": True}
    load(two(apart, {"address": at, "check_port": True, "port": 4001}))
    for second in (
        {"address": at},
        {"address": at, "port": 4001},
        {"address": at, "check_port": True},
    ):
        refused("readers[1].udp.address", two(apart, second), at, "only once")
    both = two({"address": at}, {"address": at, "port": 4001, "check_port": True})
    refused("readers[1].udp.address", both)
