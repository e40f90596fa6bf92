"""The language of demo scripts: what each line means, and what is said of a wrong one."""

import pytest

from loquet_tools import script
from loquet_tools.script import (
    Clock,
    Contact,
    Expect,
    Fault,
    Fire,
    Plug,
    PowerCut,
    Present,
    Remark,
    Remove,
    Rex,
    ScriptError,
    Wait,
    parse,
)
from loquet_tools.virtual_reader import knobs

CARD = bytes.fromhex("04A1B2C3D4E580")


@pytest.mark.parametrize(
    "text, step",
    [
        ("present 04A1B2C3D4E580", Present(1, "present 04A1B2C3D4E580", CARD, None)),
        ("present 04a1 for 250", Present(1, "present 04a1 for 250", b"\x04\xa1", 250)),
        ("remove", Remove(1, "remove")),
        ("wait 0", Wait(1, "wait 0", 0)),
        (
            "expect relay on within 10",
            Expect(1, "expect relay on within 10", "relay", "on", 10),
        ),
        (
            "expect relay off within 10",
            Expect(1, "expect relay off within 10", "relay", "off", 10),
        ),
        (
            "expect granted within 600000",
            Expect(1, "expect granted within 600000", "decision", "granted", 600000),
        ),
        (
            "expect denied within 1",
            Expect(1, "expect denied within 1", "decision", "denied", 1),
        ),
        (
            "expect reader lost within 1",
            Expect(1, "expect reader lost within 1", "reader", "lost", 1),
        ),
        (
            "expect alarm held_soon off within 5",
            Expect(1, "expect alarm held_soon off within 5", "alarm held_soon", "off", 5),
        ),
        (
            "expect logged gap within 5",
            Expect(1, "expect logged gap within 5", "logged gap", "", 5),
        ),
        (
            "expect logged access_denied clock within 5",
            Expect(
                1, "expect logged access_denied clock within 5", "logged access_denied", "clock", 5
            ),
        ),
        ("contact open", Contact(1, "contact open", True)),
        ("contact closed", Contact(1, "contact closed", False)),
        ("rex", Rex(1, "rex", 300)),
        ("rex for 20", Rex(1, "rex for 20", 20)),
        ("fire on", Fire(1, "fire on", True)),
        ("fire off", Fire(1, "fire off", False)),
        ("clock now", Clock(1, "clock now", None)),
        ("clock 2020-01-01T00:01", Clock(1, "clock 2020-01-01T00:01", 1577836860)),
        ("power cut", PowerCut(1, "power cut")),
        ("reader silent", Plug(1, "reader silent", True)),
        ("reader back", Plug(1, "reader back", False)),
        ("fault silence on", Fault(1, "fault silence on", "silence", "on")),
        (
            "fault corrupt 0.5 to_host",
            Fault(1, "fault corrupt 0.5 to_host", "corrupt", "0.5 to_host"),
        ),
        ("fault slow 58 90 1500", Fault(1, "fault slow 58 90 1500", "slow", "58 90 1500")),
        ("# Now a card.", Remark(1, "# Now a card.", "Now a card.")),
        ("  wait \t 5  ", Wait(1, "wait \t 5", 5)),
        ("wait 5 # a moment", Wait(1, "wait 5 # a moment", 5)),
    ],
)
def test_a_line_means_one_step(text, step):
    assert parse(text) == [step]


def test_empty_lines_count_and_do_nothing():
    assert parse("\n\n  \nremove\n") == [Remove(4, "remove")]
    assert parse("") == []


@pytest.mark.parametrize(
    "text, reason",
    [
        ("open 04", "'open' is no step; allowed: present, remove"),
        ("Present 04", "'Present' is no step"),
        ("present", "must be `present HEX [for MS]`"),
        ("present 04 for", "must be `present HEX [for MS]`"),
        ("present 04 within 5", "must be `present HEX [for MS]`"),
        ("present 04A", "HEX is '04A'; allowed: the hex digits of 1 to 10 bytes"),
        ("present 0x04", "HEX is '0x04'"),
        ("present 04 for ever", "MS is 'ever'; allowed: milliseconds from 0 to 600000"),
        ("present " + "04" * 11, "allowed: the hex digits of 1 to 10 bytes"),
        ("remove 04", "must be `remove`"),
        ("wait", "must be `wait MS`"),
        ("wait -1", "MS is '-1'"),
        ("wait 600001", "MS is '600001'"),
        ("wait 1.5", "MS is '1.5'"),
        ("expect", "must be `expect "),
        ("expect granted", "must be `expect "),
        ("expect relay within 5", "must be `expect "),
        ("expect relay up within 5", "must be `expect "),
        ("expect reader silent within 5", "must be `expect "),
        ("expect granted on within 5", "must be `expect "),
        ("expect granted in 5", "must be `expect "),
        ("expect granted within soon", "MS is 'soon'"),
        ("expect alarm on within 5", "must be `expect "),
        ("expect alarm broken on within 5", "alarm forced|held_soon|held on|off or logged KIND"),
        ("expect logged within 5", "must be `expect "),
        ("expect logged gap restart now within 5", "must be `expect "),
        ("expect within 5", "must be `expect "),
        ("expect logged opened within 5", "the log knows no kind 'opened'; allowed: gap, "),
        ("expect logged gap tired within 5", "the log knows no reason 'tired'; allowed: granted"),
        ("contact", "must be `contact open|closed`"),
        ("contact close", "must be `contact open|closed`"),
        ("rex 5", "must be `rex [for MS]`"),
        ("rex for", "must be `rex [for MS]`"),
        ("rex for ever", "MS is 'ever'"),
        ("fire", "must be `fire on|off`"),
        ("clock", "must be `clock TIME`"),
        ("clock noon", "TIME is 'noon'; allowed: a minute of 2020 to 2099"),
        ("clock 2019-12-31T23:59", "TIME is '2019-12-31T23:59'"),
        ("power", "must be `power cut`"),
        ("power on", "must be `power cut`"),
        ("reader", "must be `reader silent|back`"),
        ("reader gone", "must be `reader silent|back`"),
        ("fault drop", "must be `fault NAME VALUE`"),
        ("fault rust 1", "no fault 'rust', there are: drop"),
        ("fault drop 2.0", "fault drop is '2.0', allowed: off, N"),
        ("fault silence to_host", "fault silence is 'to_host', allowed: on or off"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_what_is_allowed(text, reason):
    with pytest.raises(ScriptError) as refused:
        parse("wait 1\n\n" + text)
    assert refused.value.line == 3
    assert str(refused.value).startswith(f"script line 3, {text!r}: ")
    assert reason in str(refused.value)
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("name", knobs.KNOBS)
def test_every_knob_of_the_virtual_reader_can_be_turned(name):
    value = {"once_ms": "300", "slow": "58 90 10"}.get(knobs.KNOBS[name], "off")
    (step,) = parse(f"fault {name} {value}")
    assert (step.name, step.value) == (name, value)


def test_the_module_names_every_step_there_is():
    for verb in script.VERBS:
        assert f"\n    {verb}" in script.__doc__
