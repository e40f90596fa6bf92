"""Tags as the wire library reports them, with only what a test wants to say about them."""

from springcore.tag import TagRead, TagRemoved


def tag_read(tag_id=None, tag_index=None, truncated=False):
    """An NFC-A tag on 13.56 MHz, read by template 1."""
    tag = TagRead()
    tag.interface = 0x03
    tag.protocol = 0x01
    tag.template = 1
    tag.tag_id = tag_id
    tag.tag_index = tag_index
    tag.truncated = truncated
    return tag


def present(panel, reader, tag, doubt, now_ms):
    """All that the panel wants done about `tag`, as a skin has it done."""
    visit = panel.on_tag(reader, tag, doubt, now_ms)
    return panel.admit(visit, now_ms) + panel.tell(visit, now_ms)


def tag_removed(tag_id=None, tag_index=None):
    return TagRemoved(tag_index=tag_index, tag_id=tag_id)
