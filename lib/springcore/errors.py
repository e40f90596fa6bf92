"""What can go wrong on the wire, split by whose fault it is."""


class SpringCoreError(Exception):
    """Every error that this package raises."""


class UsageError(SpringCoreError):
    """Our caller asked for something the protocol does not allow. Names the value and what is."""


class PeerError(SpringCoreError):
    """The other end sent something the protocol does not allow."""


class FrameError(PeerError):
    """These bytes are not a Direct frame."""


class TextError(PeerError):
    """These bytes are not a text message."""


class TagError(PeerError):
    """This event is not a well-formed tag or reader event."""


class StatusError(PeerError):
    """The reader refused an instruction. `status` is its STA byte."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status
