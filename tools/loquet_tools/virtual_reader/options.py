"""Every choice of ours where the vendor's pages say nothing, with its default and the reason.

Section numbers are those of protocol.md. A test that wants the reader to behave otherwise changes
a field; nothing else in the package decides such a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from loquet_tools.virtual_reader import tables

IDENTITY = {
    0x00: "SpringCard SpringPark",
    0x01: "SpringCard",
    0x02: "SpringPark",
    0x03: "5A000001",
    0x04: "1C3461D0",
    0x05: "1.31",
    0x06: "1.31",
    0x07: "springcore",
    0x0A: "020000000001",
    0x10: "virtual",
    0x13: "virtual",
}

ALLOWED: dict[str, tuple[object, ...]] = {
    "event_mode": ("wakeup", "spontaneous"),
    "events_enabled_by": ("set_serial_parameters", "power_on", "any_command", "never"),
    "events_before_enabling": ("discard", "queue"),
    "event_sequence": ("count", "zero", "poll"),
    "full_queue": ("drop_new", "drop_old"),
    "ping_event_order": ("answer_first", "event_first"),
    "direct_events": ("tlv_only", "always"),
    "bad_lrc": ("silent", "protocol_error"),
    "short_command": ("forget", "answer"),
    "command_while_busy": ("ignore", "busy"),
    "extension_sequence": ("latest", "first"),
    "control_statuses": ("high", "low"),
    "unknown_cla_answered_as": ("protocol", "command"),
    "authentication": ("network", "everywhere", "never"),
    "unknown_sequence": ("play", "refuse"),
    "host_connected": ("power_on", "first_command"),
    "sccmd_accepted": ("always", "scrdr", "never"),
    "scrdr_checksum": ("a", "b", "c", "d", "none"),
    "scrdr_template_digits": (1, 2),
    "startup_bitrate": tables.BITRATES,
}


@dataclass
class Options:
    """How this reader answers the open questions. ValueError for a value that is not allowed."""

    # Identity (3.2): identifier -> text. Values are made up but for "SpringPark".
    identity: Mapping[int, str] = field(default_factory=lambda: dict(IDENTITY))
    mk1_name: str = "M519"  # 6.6: the name in the banner of the vendor's example
    # Interface and protocols that event 8B reports (1.8): 13.56 MHz; A, B, V
    interfaces: tuple[tuple[int, tuple[int, ...]], ...] = ((0x03, (0x01, 0x02, 0x04)),)

    # Times. None is documented but the 1000 ms of 1.4.
    boot_ms: int = 400
    startup_bitrate: int = 38400  # 1.1; "may be overwritten in configuration"
    inter_byte_ms: int = 100  # 1.4: no inter-byte timeout is documented
    answer_delay_us: int = 500
    answer_jitter_us: int = 0  # up to this much is added to each answer, by the reader's seed
    time_extension_after_ms: int = 900  # must answer within 1000 ms
    wakeup_release_us: int = 0  # from the last bit of the event to the release (1.5)
    wakeup_gap_us: int = 1000  # released at least this long before the next event; 0 = stays low
    detect_ms: int = 20  # from the card's arrival or leaving to its being noticed
    fastest_ms: int = 50  # "as fast as possible" (9.3)
    short_visit_ms: int = 0  # Move "IR ": a card gone sooner makes one line of two; 0 = never

    # Events (1.5 and row 5 of 11: how they get enabled is not documented)
    event_mode: str = "wakeup"
    events_enabled_by: str = "set_serial_parameters"
    events_before_enabling: str = "discard"
    event_queue_size: int = 16
    full_queue: str = "drop_new"
    event_sequence: str = "count"  # captures show a nibble that counts (1.3)
    empty_poll_status: int | None = tables.STA_EXECUTION_FAILED  # None = silence (1.5)
    ping_event_order: str = "answer_first"
    direct_events: str = "tlv_only"  # READER events only if 02A0 selects TLV for Serial (9.2)

    # Commands
    command_buffer_bytes: int = 1024  # payload; longer is answered F8 (1.2)
    bad_lrc: str = "silent"  # 1.2
    short_command: str = "forget"  # a command that stops before its LEN: forget it, or answer F7
    command_while_busy: str = "ignore"  # or "busy": answer FB
    extension_sequence: str = "latest"  # which sequence the continued answer echoes (1.4)
    # Milliseconds that an instruction takes, by (CLA, INS)
    slow_ms: dict[tuple[int, int], int] = field(default_factory=dict)
    idle_cancel_status: int = tables.STA_CANCELLED
    out_of_place_status: int = tables.STA_PROTOCOL  # TIME_EXTENSION_ACK, FOLLOWING with no job
    control_statuses: str = "high"  # F3 F4 F5, or "low": 3C 7D 64 (3.5)
    unknown_cla_answered_as: str = "protocol"  # CLA of the answer with STA FA (2.1)
    authenticate_status: int = tables.STA_INS_NOT_SUPPORTED  # where it does not exist
    authentication: str = "network"  # where AUTHENTICATE exists (10)
    user_key: bytes = bytes(16)  # 10: what a key is before CHANGE_KEY
    admin_key: bytes = bytes(16)
    refusal_status: int = tables.STA_DENIED  # 3.7: F6 or FD
    unknown_sequence: str = "play"  # the known list is not complete (3.3)

    # Pins and slots (3.1)
    gpio_pins: int = 4
    mode_pins: bytes = b"\x00"  # what GET_MODE answers
    controls: bytes = b"\x01\x01"  # what GET_CONTROLS answers: /FLASH, /SUSPEND
    slots: tuple[str, ...] = ("Contactless",)  # names of the PC/SC slots
    seal_subject: str = "C=FR,O=SpringCard,CN=virtual"

    # Smart Reader and text
    host_connected: str = "power_on"  # 9.2 byte 0 bit 1: a serial line cannot tell
    sccmd_accepted: str = "always"  # 7: never shown on Serial
    scrdr_checksum: str = "c"  # 6.3: the only example
    scrdr_names: bool = True  # 6.2: names as in the example, else two hex digits
    scrdr_template_digits: int = 1  # 6.2
    move_trailing_space: bool = True  # 6.2: as printed
    scrdr_hello: bool = False  # 6.4: an empty message at startup
    scrdr_in_fast_inventory: bool = True  # 9.5

    def __post_init__(self) -> None:
        for name, allowed in ALLOWED.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"option {name} is {value!r}, allowed: {_listed(allowed)}")
        for item in fields(self):
            value = getattr(self, item.name)
            if type(value) is int and value < 0:
                raise ValueError(f"option {item.name} is {value}, allowed: 0 or more")
        for name in ("user_key", "admin_key"):
            if len(getattr(self, name)) != 16:
                raise ValueError(f"option {name} is {getattr(self, name)!r}, allowed: 16 bytes")
        if self.event_queue_size < 1:
            raise ValueError("option event_queue_size is 0, allowed: 1 or more")


def _listed(allowed: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in allowed)
