"""What a link tells its skin, one at a time, from `Link.take`."""


class TagSeen:
    """A tag at the reader. It may decide only if `doubt` is None; else that is the reason."""

    def __init__(self, tag_read, doubt):
        self.tag = tag_read
        self.doubt = doubt


class TagGone:
    """A tag has left (`tag` is a TagRemoved). Decides nothing."""

    def __init__(self, tag_removed):
        self.tag = tag_removed


class StateChanged:
    """The link is now "starting", "ready", "unsupervised", "deaf" or "lost"; why, in words."""

    def __init__(self, state, detail):
        self.state = state
        self.detail = detail


class BitrateWanted:
    """The port must run at `bps` before it sends again."""

    def __init__(self, bps):
        self.bps = bps


class Trouble:
    """Something that a person should know: a stable `name`, and the case in words."""

    def __init__(self, name, detail):
        self.name = name
        self.detail = detail


class Answer:
    """What became of a request: `payload` is STA and data, None if nothing came."""

    def __init__(self, payload):
        self.payload = payload
