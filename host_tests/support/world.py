"""A reader on a pty and a door on a socket, worked by hand, for a panel that is a real process.

The frames are those of protocol.md 1.8: nothing here uses the codec or the virtual reader.
"""

import contextlib
import os
import pty
import select
import socket
import time
import tty

from host_tests.support.tool import LIMIT_S

# Fast inventory, UID 047DAE02C84080 (protocol.md 1.8)
TAG_READ = bytes.fromhex("16 C0 5B 00 0F B0 C1 04 80 03 01 00 C2 07 04 7D AE 02 C8 40 80 7B")
CARD = "047DAE02C84080"
PING_EVENT_EVENT = bytes.fromhex("16 C0 00 00 00 00 C0")

PING_EVENT = (0x00, 0x01)
POLL = (0x00, 0xFE)
PLAY_SEQUENCE = (0x58, 0x90)


class World:
    """A reader on a pty and a door on a socket, worked by hand."""

    def __init__(self):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LIMIT_S)
        self.serial = os.ttyname(self._slave)
        self.pins = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self._door = None
        self._heard = b""
        self._pin_bytes = b""
        self._event = None  # what the next poll brings
        self.sequences = []
        self.polls = 0

    def wait_for_panel(self):
        self._door, _ = self._server.accept()
        self._door.sendall(b"contact 0\n")

    def lay_card(self, event=TAG_READ):
        self._raise_event(event)

    @property
    def relay(self):
        """Every level that the panel gave the relay, in order: "1" for energised."""
        words = [line.split() for line in self._pin_bytes.decode().splitlines()]
        assert all(name in ("relay", "relay2", "watchdog") for name, _ in words)
        levels = ["01"[int(value) > 0] for name, value in words if name == "relay"]
        # A level that is repeated changes nothing.
        pairs = zip(levels, levels[1:] + [None], strict=False)
        return [level for level, following in pairs if level != following]

    def go_on_until(self, condition):
        """Answers the panel until `condition()` is true."""
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end, (self.relay, self.sequences, self.polls)
            ready, _, _ = select.select([self._master, self._door], [], [], 0.1)
            if self._door in ready:
                self._pin_bytes += self._door.recv(1000)
            if self._master in ready:
                self._heard += os.read(self._master, 1000)
                self._answer_commands()

    def rest_of_pins(self):
        """Reads the pins to where the panel has closed them."""
        # It may leave lines unread behind, and then the connection ends with a reset.
        with contextlib.suppress(ConnectionResetError):
            while more := self._door.recv(1000):
                self._pin_bytes += more

    def close_door(self):
        self._door.close()

    def close(self):
        for thing in (self._door, self._server):
            if thing is not None:
                thing.close()
        os.close(self._master)
        os.close(self._slave)

    def _answer_commands(self):
        while len(self._heard) >= 7:
            size = int.from_bytes(self._heard[3:5], "big") + 7
            if len(self._heard) < size:
                return
            frame, self._heard = self._heard[:size], self._heard[size:]
            assert frame[0] == 0x16 and frame[1] & 0xF0 == 0
            self._answer(frame[1], frame[2], frame[5:-1])

    def _answer(self, sequence, cla, payload):
        what = (cla, payload[0])
        if what == POLL:
            self._answer_poll(sequence)
            return
        if what == PLAY_SEQUENCE:
            self.sequences.append(payload[1])
        # Success, in the class of the command, with its sequence number.
        answer = bytes((0x80 | sequence, cla, 0, 0, 0))
        self._send(b"\x16" + answer + bytes((0x80 ^ sequence ^ cla,)))
        if what == PING_EVENT:
            self._raise_event(PING_EVENT_EVENT)

    def _answer_poll(self, sequence):
        self.polls += 1
        event, self._event = self._event, None
        if event is None:
            # EXECUTION_FAILED: no event
            event = bytes((0x16, 0x80 | sequence, 0, 0, 0, 0xFE, 0x80 ^ sequence ^ 0xFE))
        self._send(event)
        self._door.sendall(b"wakeup 1\n")

    def _raise_event(self, event):
        self._event = event
        self._door.sendall(b"wakeup 0\n")

    def _send(self, data):
        os.write(self._master, data)
