"""The live view on a terminal: Textual's part of it. What it shows is made in draw.py."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.theme import Theme
from textual.widgets import Static

from loquet_tools.live import draw, keys
from loquet_tools.live.draw import Line
from loquet_tools.live.session import Session
from loquet_tools.live.terminal import TerminalDriver

# Lights blink at 2.5 Hz: each phase is seen.
TICK_S = 0.1

LEAST_COLUMNS, LEAST_LINES = 80, 24
TOO_SMALL = f"The live view needs {LEAST_COLUMNS} columns and {LEAST_LINES} lines."

CALM = Theme(
    name="calm",
    primary="#7aa2c8",
    foreground="#d3d9e1",
    background="#12161c",
    surface="#12161c",
    panel="#1b212a",
    success="#8fc58a",
    warning="#e3b863",
    error="#e5786d",
    variables={"muted": "#7d8896", "line": "#3a4453"},
)

# Kind of a piece (draw.py) -> how it looks here.
STYLES = {
    "": "$foreground",
    draw.DIM: "$muted",
    draw.STRONG: "bold $foreground",
    "good": "bold $success",
    "bad": "bold $error",
    "warning": "bold $warning",
    "badge": "bold $foreground on $line",
    "good_badge": "bold $background on $success",
    "bad_badge": "bold $background on $error",
    "warning_badge": "bold $background on $warning",
    "key": "bold $foreground on $line",
    "panel": "$primary",
    "reader": "$success",
    "wakeup": "$warning",
    "dark": "$muted",
    "white": "$foreground",
    "blue": "#6ea8ff",
    "green": "bold $success",
    "red": "bold $error",
}


class Picture(Static):
    """Lines of draw.py; drawn anew only if they have changed."""

    def __init__(self, name: str):
        super().__init__(id=name)
        self._lines: list[Line] | None = None

    def show(self, lines: list[Line]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.update(content_of(lines))


def content_of(lines: list[Line]) -> Content:
    pieces = [[(text, STYLES[kind]) for text, kind in line] for line in lines]
    return Content("\n").join(Content.assemble(*line) for line in pieces)


class LiveView(App[None]):
    """Shows `session.view`, and hands the keys on."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS = [Binding("ctrl+c", "quit", show=False, priority=True)]

    CSS = """
    Screen { layout: vertical; overflow: hidden; }
    Picture { text-wrap: nowrap; }
    #head, #caption, #said { height: 1; padding: 0 1; }
    #caption { text-style: bold; }
    #boxes { height: 9; }
    #door, #reader, #log, #talk {
        border: round $line; border-title-color: $foreground; border-subtitle-color: $muted;
    }
    #door, #reader { width: 29; height: 9; padding: 0 1; }
    #log { width: 1fr; height: 9; }
    #door.alarm { border: heavy $error; }
    #talk { height: 1fr; scrollbar-size: 0 0; }
    #keys { height: 2; padding: 0 1; }
    #small { display: none; padding: 1; }
    .too-small > * { display: none; }
    .too-small > #small { display: block; }
    """

    def __init__(self, session: Session):
        super().__init__(driver_class=TerminalDriver)
        self.title = "loquet demo"
        self._session = session
        # Kept here and not looked up: what happens while the screen is closed finds them, too.
        self._head, self._caption, self._said = Picture("head"), Picture("caption"), Picture("said")
        self._door, self._reader, self._records = Picture("door"), Picture("reader"), Picture("log")
        self._wire, self._keys = Picture("wire"), Picture("keys")
        self._talk = VerticalScroll(id="talk", can_focus=False)
        self.register_theme(CALM)
        self.theme = CALM.name

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._caption
        with Horizontal(id="boxes"):
            yield self._door
            yield self._reader
            yield self._records
        yield self._said
        with self._talk:
            yield self._wire
        yield self._keys
        yield Static(TOO_SMALL, id="small")

    def on_mount(self) -> None:
        self._door.border_title = "Door"
        self._reader.border_title = "Reader"
        self._records.border_title = "Log on flash"
        self._talk.border_title = "Wire"
        self._talk.anchor()
        self._keys.show(draw.keys())
        self._session.on_change = self.redraw
        self.set_interval(TICK_S, self.redraw)

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < LEAST_COLUMNS or event.size.height < LEAST_LINES
        self.screen.set_class(small, "too-small")
        self.call_after_refresh(self.redraw)

    def on_key(self, event: events.Key) -> None:
        key = (event.character or "").lower()
        if key == keys.QUIT:
            self.exit()
        else:
            self._session.press(key)

    def redraw(self) -> None:
        """Brings the screen up to date with the view."""
        if not self._head.content_size.width:
            return  # before the first layout, and on a terminal that is too small
        view, now_ms = self._session.view, self._session.now_ms()
        self._head.show([draw.head(view, self._head.content_size.width)])
        self._caption.show([[(view.caption, "")]])
        self._door.show(draw.door(view))
        self._door.set_class(bool(view.alarms), "alarm")
        self._reader.show(draw.reader(view, now_ms))
        self._records.show(draw.log(view, *self._records.content_size))
        self._said.show([draw.said(view, self._said.content_size.width)])
        self._wire.show(draw.wire(view, self._wire.content_size.width))
        self._talk.border_subtitle = draw.under_wire(view)
