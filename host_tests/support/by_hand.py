"""A link whose reader is the test itself: byte by byte, on every interpreter."""

from springcore import frame
from springcore.happenings import StateChanged, TagSeen, Trouble
from springcore.link import Link, LinkSettings

CARD = bytes.fromhex("047DAE02C84080")
VICTIM = bytes.fromhex("04A1B2C3D4E580")


def tag_event(uid, data=b"", sequence=0):
    """The frame of a tag that is read, as protocol.md 1.8 has it, with TagData if there is any."""
    payload = bytes((0xB0, 0xC1, 4, 0x80, 3, 1, 1 if data else 0, 0xC2, len(uid))) + uid
    if data:
        payload += bytes((0xC3, 0x82)) + len(data).to_bytes(2, "big") + data
    return frame.encode(frame.EVENT, sequence, 0x5B, payload)


def tag_line(uid, data=""):
    """A $SCRDR line with the checksum of the vendor's example (rule c)."""
    body = "SCRDR;13.56;NFC-A;1;;%s;;%s;*" % (uid.hex().upper(), data)
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return ("$%s%02X\r\n" % (body, checksum)).encode()


class Talk:
    """`link` and its clock `now_ms`; every wire time is 1 ms."""

    def __init__(self, first_sequence=0, **settings):
        self.settings = LinkSettings(**settings)
        self.link = Link(self.settings, first_sequence)
        self.now_ms = 0
        self.happenings = []

    def begin(self):
        self.link.begin(self.now_ms)
        self.wait(100)
        return self

    def ready(self):
        """Brings the link to work, the way each mode goes."""
        self.begin()
        for _ in range(4):
            self.answer(self.sent())
            if self.settings.half_duplex:
                self.wait(100)
        if self.link.state != "ready":
            self.answer(self.sent())
            if self.settings.events == "wakeup":
                self.poll()
            self.hear(frame.encode(frame.EVENT, 0, 0x00, b"\x00"))
            self.wakeup(False)
        self.wait(100)
        assert self.link.state == "ready"
        self.happenings = []
        return self

    def wait(self, ms):
        self.now_ms += ms
        self.link.advance(self.now_ms)
        self.take()

    def transmit(self):
        """What goes out now, as bytes; None if nothing does."""
        data = self.link.transmit(self.now_ms)
        if data is not None:
            self.now_ms += 1
            self.link.transmitted(self.now_ms)
            if self.settings.echo:
                self.hear(data)
        return data

    def sent(self):
        """The frame that goes out now; there must be one."""
        data = self.transmit()
        assert data is not None, "nothing goes out"
        return frame.decode(data)

    def hear(self, data):
        self.now_ms += 1
        self.link.receive(data, self.now_ms)
        self.take()

    def answer(self, command, payload=b"\x00", cla=None):
        """The reader answers `command` with this payload, STA first."""
        cla = command.cla if cla is None else cla
        self.hear(frame.encode(frame.RESPONSE, command.sequence, cla, payload))

    def wakeup(self, asserted):
        self.link.look(asserted, self.now_ms)
        self.take()

    def take(self):
        happening = self.link.take()
        while happening is not None:
            self.happenings.append(happening)
            happening = self.link.take()

    def poll(self):
        """/WAKEUP falls; the poll for it has gone out."""
        self.now_ms += 5
        self.wakeup(True)
        poll = self.sent()
        assert poll.payload == b"\xfe"
        return poll

    def doubts(self):
        return [one.doubt for one in self.happenings if isinstance(one, TagSeen)]

    def ids(self):
        """The ids that may decide."""
        seen = [one for one in self.happenings if isinstance(one, TagSeen)]
        return [one.tag.tag_id for one in seen if one.doubt is None]

    def troubles(self):
        return [one.name for one in self.happenings if isinstance(one, Trouble)]

    def states(self):
        return [one.state for one in self.happenings if isinstance(one, StateChanged)]
