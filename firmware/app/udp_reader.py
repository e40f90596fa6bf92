"""The readers on the network: $SCRDR datagrams in, $SCCMD datagrams out, on one UDP port.

The protocol has neither secrecy nor integrity: whoever can send with a reader's address can show
any card whose id is known. So nothing is heard but what comes from the address, and where the
settings ask for it the port, of a reader; everything else is counted before a byte of it is
decoded. A few datagrams are taken in a pass, and then the other tasks have their turn. What may
count of a datagram stands in firmware/README.md. It decides nothing, and a message that breaks
something here costs that message alone.
"""

import asyncio

from firmware.app.bell import Bell
from springcore import tag, text
from springcore.datagram import message_of
from springcore.errors import PeerError, TextError
from springcore.link import STALE_EVENT, UNSUPERVISED
from springcore.tag import TagRead
from springcore.ticks import ticks_diff

# However lost a ring: the port is looked at this often.
LONGEST_WAIT_MS = 250

DATAGRAMS_A_PASS = 4

# From one pass to the next: 800 datagrams a second are taken, and no more.
PASS_MS = 5

# As much as a serial reader's `buffer_bytes` is by default: a line with 1 KiB of a card's data in
# hex would be longer, one with an id and a few dozen bytes is far shorter.
LONGEST_DATAGRAM = 1024

# Nobody lays more cards on a reader: a wallet full of them at once, then four a second. Whoever
# sends with its address must not be able to wash the log away, and to wear out flash with it.
CARDS_AT_ONCE = 8
CARD_MS = 250

# So much of a datagram is shown: who floods us must not have us hold it all twice, in hex.
SHOWN_BYTES = 256

# Anybody can cause what is refused, so it is told in sums, and no more often than this.
TELL_MS = 10000

# Above every stale_ms; time is not counted beyond it, for ticks wrap.
LONG_AGO_MS = 60000

COUNTERS = ("heard", "foreign", "malformed", "checksum", "hasty", "unsent")


class Peer:
    """One networked reader: `settings` is its Group."""

    def __init__(self, settings, send):
        self.name = settings.name
        self.stale_ms = settings.stale_ms
        self.address = settings.udp.address
        self.port = settings.udp.port
        self._check_port = settings.udp.check_port
        self._send = send
        self._credit_ms = CARDS_AT_ONCE * CARD_MS

    def pass_time(self, passed_ms: int) -> None:
        """So much time has passed since this was called last."""
        self._credit_ms = min(self._credit_ms + passed_ms, CARDS_AT_ONCE * CARD_MS)

    def may_show_card(self) -> bool:
        """Whether there were not too many cards of late; counts this one."""
        if self._credit_ms < CARD_MS:
            return False
        self._credit_ms -= CARD_MS
        return True

    def is_from(self, address: str, port: int) -> bool:
        """Whether a datagram with that source may be this reader's."""
        return address == self.address and (port == self.port or not self._check_port)

    def feedback(self, sequence: int) -> None:
        """Has the reader play that sequence."""
        self._send(self, text.encode_command(sequence, end=b""))


class UdpReaders:
    """All readers of `settings` that are on the network.

    Raises ValueError when the board has no network, or the port cannot be had.
    """

    def __init__(self, settings, hal, doors, reports):
        self.name = "udp"
        # Set with each step; whoever feeds the watchdog takes it back.
        self.stepped = False
        self.faults = 0
        self._hal = hal
        self._doors = doors
        self._reports = reports
        self._bell = Bell(hal)
        self._peers = [Peer(reader, self._send) for reader in settings.readers if reader.udp]
        self._longest_wait_ms = LONGEST_WAIT_MS
        for peer in self._peers:
            doors.add_reader(peer.name, peer.feedback)
            # An empty port has to be seen often enough to know that a datagram is fresh.
            self._longest_wait_ms = min(self._longest_wait_ms, peer.stale_ms // 2)
        # One byte more than a datagram may have: so that a longer one is known for what it is.
        self._buffer = memoryview(bytearray(LONGEST_DATAGRAM + 1))
        self._port = hal.udp_port(settings.udp.address, settings.udp.port, self._bell.ring)
        # How long what waits in the port may have waited: since the port was last seen empty.
        self._waited_ms = 0
        self._last_ms = hal.ticks_ms()
        self._counts = dict.fromkeys(COUNTERS, 0)
        self._refused: tuple | None = None  # the last one: address, port, why
        self._told_ago_ms = LONG_AGO_MS

    async def run(self) -> None:
        """Listens for ever. Fails only with a relay."""
        for peer in self._peers:
            self._contained(self._doors.panel.on_reader, peer.name, UNSUPERVISED)
            detail = "at %s:%d, where nothing proves who sends" % (peer.address, peer.port)
            fields = {"reader": peer.name, "state": UNSUPERVISED, "detail": detail}
            self._reports.add("reader", fields)
        while True:
            pause_ms = self.step()
            if pause_ms:
                # No ring cuts it short: who sends must not be able to fill the loop with passes.
                await asyncio.sleep(pause_ms / 1000)
            else:
                await self._bell.wait(self._longest_wait_ms)

    def step(self) -> int:
        """Takes a few datagrams; for so many milliseconds nothing more may be taken.

        0: nothing waits, and the next ring may bring it back.
        """
        self.stepped = True
        now_ms = self._hal.ticks_ms()
        self._pass_time(now_ms)
        pause_ms = self._receive()
        self._tell_refused()
        self._contained(self._reports.flush)
        return pause_ms

    # Whoever sends must not be able to put off what waits for a quiet moment, so the network
    # always counts as quiet: a datagram that comes meanwhile waits, or is lost.

    def idle(self) -> bool:
        """Whether garbage may be collected, as far as these readers are concerned."""
        return True

    def quiet(self) -> bool:
        """Whether flash may be written."""
        return True

    def is_moving_bytes(self) -> bool:
        """Whether flash must not be written even when it has waited for long."""
        return False

    def _pass_time(self, now_ms: int) -> None:
        passed_ms = ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        self._waited_ms = min(self._waited_ms + passed_ms, LONG_AGO_MS)
        self._told_ago_ms = min(self._told_ago_ms + passed_ms, LONG_AGO_MS)
        for peer in self._peers:
            peer.pass_time(passed_ms)

    def _receive(self) -> int:
        """The pause that has to follow."""
        for taken in range(DATAGRAMS_A_PASS):
            try:
                arrived = self._port.receive_into(self._buffer)
            except Exception as error:
                # A network comes and goes, and memory may lack for a moment: neither must take
                # the panel with it.
                self._fault(error)
                return LONGEST_WAIT_MS
            if arrived is None:
                self._waited_ms = 0
                return PASS_MS if taken else 0
            size, address, port = arrived
            self._on_datagram(self._buffer[:size], address, port)
        return PASS_MS

    def _on_datagram(self, data, address: str, port: int) -> None:
        for peer in self._peers:
            if peer.is_from(address, port):
                self._wire(peer, "received", data)
                self._on_message(peer, data, port)
                return
        self._refuse("foreign", address, port, "not the address and port of a reader")

    def _on_message(self, peer: Peer, data, port: int) -> None:
        seen = self._contained(self._tag_of, peer, data, port)
        if seen is None:
            return
        doubt = STALE_EVENT if self._waited_ms > peer.stale_ms else None
        self._doors.on_tag(self._contained, peer.name, seen, doubt)

    def _tag_of(self, peer: Peer, data, port: int):
        """The TagRead in a datagram that may be believed; None if there is none."""
        try:
            if len(data) > LONGEST_DATAGRAM:
                raise TextError("datagram: longer than %d bytes" % LONGEST_DATAGRAM)
            message = message_of(data)
            if message.checksum != text.VALID:
                told = "checksum " + message.checksum
                return self._refuse("checksum", peer.address, port, told)
            seen = tag.from_text(message)
        except PeerError as error:
            return self._refuse("malformed", peer.address, port, str(error))
        self._counts["heard"] += 1
        if not isinstance(seen, TagRead):
            # Datagrams come twice, and late: a removal that counted would let a copy of what came
            # before it open once more.
            return None
        if not peer.may_show_card():
            return self._refuse("hasty", peer.address, port, "more cards than anybody shows")
        return seen

    def _send(self, peer: Peer, data: bytes) -> None:
        try:
            self._port.send(data, peer.address, peer.port)
        except OSError as error:
            # Only a light and a sound: the next card has its own.
            self._refuse("unsent", peer.address, peer.port, str(error))
        else:
            self._wire(peer, "sent", data)

    def _refuse(self, what: str, address: str, port: int, why: str) -> None:
        self._counts[what] += 1
        self._refused = (address, port, why)

    def _tell_refused(self) -> None:
        if self._refused is None or self._told_ago_ms < TELL_MS:
            return
        fields: dict = dict(self._counts)
        fields["last"] = "%s:%d: %s" % self._refused
        self._reports.add("udp", fields)
        self._refused = None
        self._told_ago_ms = 0

    def _contained(self, function, *arguments):
        """What `function` gives, or None: an error is counted and reported, and goes no further."""
        try:
            return function(*arguments)
        except Exception as error:
            self._fault(error)
            return None

    def _fault(self, error) -> None:
        self.faults += 1
        self._reports.add("trouble", {"name": "fault", "detail": repr(error), "reader": self.name})

    def _wire(self, peer: Peer, direction: str, data) -> None:
        fields = {"reader": peer.name, "direction": direction, "hex": bytes(data[:SHOWN_BYTES])}
        self._reports.add("wire", fields)
