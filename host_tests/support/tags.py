"""Tags as the wire library reports them, with only what a test wants to say about them."""


class Tag:
    """Stands for springcore.tag.TagRead or TagRemoved: the attributes that a panel looks at."""

    def __init__(self, tag_id=None, tag_index=None, truncated=False):
        self.tag_id = tag_id
        self.tag_index = tag_index
        self.truncated = truncated
