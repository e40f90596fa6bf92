"""Configuration memory: what is written, what the firmware takes instead, when it counts.

protocol.md 3.1 and 9. A written value is kept at once, read back at once, and takes effect when the
reader starts again. A register that is not set reads as empty and counts as the default below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ACCESS_CONDITIONS = 0x02F0
SMART_READER = 0x02A0
TIMINGS = 0x02A1
PROFILE = 0x02C0
SERVICES = 0x0284
PORTS = 0x0285
UDP_PEER = 0x0294
UDP_OPTIONS = 0x0295
UI_OPTIONS = 0x02D0
# 9.5: first register of a template -> interface, and what Template calls it in messages
TEMPLATES = {
    0x0310: (0x03, 1),
    0x0320: (0x03, 2),
    0x0330: (0x03, 3),
    0x0340: (0x03, 4),
    0x0370: (0x06, 7),
    0x0300: (0x84, 8),
}

# Firmware defaults (9); templates: no LKL (off), TOF 00 00
DEFAULTS: dict[int, bytes] = {
    SERVICES: b"\x04",
    PORTS: bytes(14),
    UDP_PEER: b"255.255.255.255",
    UDP_OPTIONS: b"\x00",
    0x029C: b"\x01\x03",
    0x029F: b"\x00",
    SMART_READER: b"\x00\x03\x00\x02\x00",
    TIMINGS: b"\x0a\x1e",
    PROFILE: b"\x00",
    UI_OPTIONS: b"\x00",
    0x02D8: b"\x01",
    ACCESS_CONDITIONS: bytes(4),
    **{template + 1: b"\x00\x00" for template in TEMPLATES},
}

# 9.2, byte 1: what goes out on Serial
OUTPUT_TLV = 0
OUTPUT_SCRDR = 1
OUTPUT_JSON = 2
OUTPUT_MK1 = 3

# 9.1, bits 6-4: the settings of the network under which text goes over UDP
UDP_NETWORKS = (3, 4)

# 9.6: place in register 0285, port where it says 0000
DIRECT_PORT = (2, 3978)
TEXT_PORT = (4, 4000)

# 3.1: first and last address that an instruction reaches
FREE_RANGE = (0x0200, 0x020F)
READ_RANGE = (0x0100, 0x04FF)
WRITE_RANGE = (0x0200, 0x03FF)

# 9.1, bits 2-0
PROFILE_DIRECT = 0
PROFILE_CCID = 2

# 9.1: profiles under which template registers are offered, so that the Smart Reader exists
SMART_READER_PROFILES = (0, 3, 4)


@dataclass(frozen=True)
class Template:
    """One ID Only template (9.5): `lookup` LKL, `output` TOF, `location` LOC."""

    number: int
    lookup: int
    output: bytes
    prefix: str
    location: bytes = b""
    interface: int = 0x03


class Registers:
    """The memory. `values` maps an address to what has been written there before power-up."""

    def __init__(self, values: Mapping[int, bytes] | None = None):
        self._stored = dict(values or {})
        self._factory: dict[int, bytes] = {}
        self._active: dict[int, bytes] = {}
        self.activate()

    @classmethod
    def smart_reader(cls, output: int, move_tracking: bool = False) -> Registers:
        """Active from power-up, with this output (OUTPUT_TLV ...) on Serial; fast inventory."""
        flags = 0x11 if move_tracking else 0x01
        return cls({SMART_READER: bytes((flags, output, 0, 2, 0))})

    @classmethod
    def on_udp(
        cls, peer: str, port: int = 4000, udp_options: int = 0, serial_output: int = OUTPUT_MK1
    ) -> Registers:
        """$SCRDR over UDP to `peer`, active from power-up. `port` is its port and the reader's own.

        `udp_options` is register 0295: 1 = obey only `peer`, 2 = only `port`, 3 = both.
        """
        return cls(
            {
                PROFILE: b"\x44",
                SMART_READER: bytes((0x01, serial_output, 0, OUTPUT_SCRDR, 0)),
                PORTS: bytes(8) + port.to_bytes(2, "big") + bytes(4),
                UDP_PEER: peer.encode("ascii"),
                UDP_OPTIONS: bytes((udp_options,)),
            }
        )

    def read(self, address: int) -> bytes:
        """What is stored, empty if the register is not set."""
        return self._stored.get(address, b"")

    def write(self, address: int, value: bytes) -> None:
        """Stores a value; an empty one erases the register."""
        if value:
            self._stored[address] = value
        else:
            self._stored.pop(address, None)

    def save_factory(self) -> None:
        """What is stored is what `load_factory` brings back."""
        self._factory = dict(self._stored)

    def load_factory(self) -> None:
        """Stores what has been saved; nothing if nothing has."""
        self._stored = dict(self._factory)

    def erase(self) -> None:
        """Every register is as the firmware has it."""
        self._stored.clear()

    def preset(self, values: Mapping[int, bytes]) -> None:
        """Written and in effect, as from before power-up."""
        self._stored |= values
        self.activate()

    def activate(self) -> None:
        """What is stored takes effect. Called when the reader starts."""
        self._active = dict(self._stored)

    def active(self, address: int) -> bytes:
        """What counts now. A value shorter than the default is filled up from the default."""
        default = DEFAULTS.get(address, b"")
        value = self._active.get(address, b"")
        return value + default[len(value) :]

    @property
    def move_tracking(self) -> bool:
        return bool(self.active(SMART_READER)[0] & 0x10)

    @property
    def starts_when_told(self) -> bool:
        """The host must start the Smart Reader explicitly."""
        return bool(self.active(SMART_READER)[0] & 0x02)

    @property
    def active_from_power_up(self) -> bool:
        return bool(self.active(SMART_READER)[0] & 0x01)

    @property
    def serial_output(self) -> int:
        return self.active(SMART_READER)[1] & 0x03

    # 9.6

    @property
    def text_on_udp(self) -> bool:
        """Whether the Smart Reader speaks and listens over UDP."""
        return self.active(PROFILE)[0] >> 4 & 0x07 in UDP_NETWORKS

    @property
    def network_output(self) -> int:
        return self.active(SMART_READER)[3] & 0x07

    @property
    def direct_on_udp(self) -> bool:
        return self.active(SERVICES)[0] >> 2 & 0x03 == 1

    def port(self, place_and_default: tuple[int, int]) -> int:
        """A port of register 0285 (DIRECT_PORT, TEXT_PORT)."""
        place, default = place_and_default
        return int.from_bytes(self.active(PORTS)[2 * place : 2 * place + 2], "big") or default

    @property
    def udp_peer(self) -> str:
        """Address or name of the host that gets the text."""
        # Text is not filled up from the default, as other registers are.
        return (self._active.get(UDP_PEER) or DEFAULTS[UDP_PEER]).decode("latin-1")

    @property
    def udp_address_checked(self) -> bool:
        return bool(self.active(UDP_OPTIONS)[0] & 0x01)

    @property
    def udp_port_checked(self) -> bool:
        return bool(self.active(UDP_OPTIONS)[0] & 0x02)

    @property
    def profile(self) -> int:
        """9.1: PROFILE_DIRECT ..."""
        return self.active(PROFILE)[0] & 0x07

    @property
    def has_smart_reader(self) -> bool:
        return self.profile in SMART_READER_PROFILES

    @property
    def read_interval_ms(self) -> int:
        """Delay between two readings, 0 = as fast as possible."""
        return self.active(TIMINGS)[0] * 100

    @property
    def repeat_interval_ms(self) -> int | None:
        """Delay before the same tag again, 0 = as fast as possible, None = never."""
        units = self.active(TIMINGS)[1]
        return None if units == 0xFF else units * 100

    @property
    def host_owns_ui(self) -> bool:
        return bool(self.active(UI_OPTIONS)[0] & 0x01)

    @property
    def templates(self) -> list[Template]:
        """Templates that are on, in order of their index."""
        found = [self._template(base) for base in TEMPLATES]
        return [template for template in found if template.lookup]

    def _template(self, base: int) -> Template:
        interface, number = TEMPLATES[base]
        return Template(
            number=number,
            lookup=(self.active(base) or b"\x00")[0],
            output=self.active(base + 1),
            prefix=self.active(base + 2)[:8].decode("latin-1"),
            location=self.active(base + 3),
            interface=interface,
        )

    def rights(self, remote: bool) -> int:
        """What register 02F0 says (9.7) of local or of remote links."""
        return self.active(ACCESS_CONDITIONS)[2 if remote else 1]
