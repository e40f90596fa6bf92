"""Draws what relay_scenes.py played: `make pictures` writes relay_trace.svg beside this file.

A row is a scene. Where things stand depends on the scenes alone; times are rounded, so that two
pictures differ by little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from pictures import relay_scenes
from pictures.relay_scenes import UNKNOWN_CARD, Played

PATH = Path(__file__).with_suffix(".svg")

WIDTH = 820
LABELS = 150  # where the traces begin
RIGHT = 20
ROW = 26
HEAD = 58
TITLE = 30

# Of a row, from its top: the relay energised, the relay at rest, and the cards below.
ON, OFF, CARDS = 5, 16, 21

ROUND_MS = 50

# Title, and seconds that its rows show.
BLOCKS = (("Starts and stops", 14), ("Faults of the reader", 7))

STYLE = """
  .paper { fill: #ffffff; stroke: #d0d7de }
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 10px; fill: #59636e; text-anchor: middle }
  .grid { stroke: #d8dee4 }
  .trace { fill: none; stroke: #57606a }
  .on { fill: #2da44e }
  .away { fill: #d8dee4 }
  .act { stroke: #cf222e; stroke-width: 2 }
  .may { fill: #1f2328 }
  .not { fill: none; stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .grid { stroke: #262c36 }
    .trace { stroke: #9198a1 }
    .on { fill: #3fb950 }
    .away { fill: #30363d }
    .act { stroke: #f85149 }
    .may { fill: #f0f6fc }
    .not { stroke: #f0f6fc }
  }
"""


def main() -> None:
    played = asyncio.run(relay_scenes.play())
    PATH.write_text(picture(played))
    print(f"{PATH}: {PATH.stat().st_size} bytes")


def picture(groups: Sequence[Sequence[Played]]) -> str:
    """The SVG of every group, the first in a block of its own."""
    faults = {scene.name: scene for group in groups[1:] for scene in group}
    blocks = [list(groups[0]), [faults[name] for name in relay_scenes.FAULTS]]
    parts, y = list(_legend()), HEAD
    for (title, seconds), scenes in zip(BLOCKS, blocks, strict=True):
        parts += _block(title, scenes, seconds, y)
        y += TITLE + ROW * len(scenes)
    height = y + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
    title = "<title>The relay through starts, stops and every fault of the reader</title>"
    paper = f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>'
    return "\n".join([f"{head}>", title, f"<style>{STYLE}</style>", paper, *parts, "</svg>\n"])


def _legend() -> Iterator[str]:
    yield _text(14, 22, "The level of the relay, as it was seen at the door")
    items = (
        (f'<rect class="on" x="14" y="33" width="18" height="{OFF - ON}"/>', 38, "released"),
        (
            f'<rect class="away" x="110" y="33" width="18" height="{OFF - ON}"/>',
            134,
            "no panel or reader",
        ),
        ('<path class="act" d="M290 31v16"/>', 297, "it happens here"),
        ('<circle class="may" cx="404" cy="39" r="3.5"/>', 413, "a card that may pass"),
        ('<circle class="not" cx="550" cy="39" r="3.5"/>', 559, "one that may not"),
    )
    for shape, x, words in items:
        yield shape
        yield _text(x, 43, words)


def _block(title: str, scenes: Sequence[Played], seconds: int, y: int) -> Iterator[str]:
    yield _text(14, y + 20, title)
    scale = (WIDTH - LABELS - RIGHT) / (1000 * seconds)
    bottom = y + TITLE + ROW * len(scenes)
    for mark_s in range(seconds + 1):
        x = LABELS + 1000 * mark_s * scale
        yield f'<path class="grid" d="M{x:.1f} {y + 24}V{bottom}"/>'
        yield _text(x, y + 20, f"{mark_s} s", "small")
    for place, scene in enumerate(scenes):
        yield from _row(scene, y + TITLE + ROW * place, scale, 1000 * seconds)


def _row(scene: Played, y: int, scale: float, most_ms: float) -> Iterator[str]:
    def x_of(t_ms: float) -> str:
        rounded = round(t_ms / ROUND_MS) * ROUND_MS
        return f"{LABELS + min(rounded, most_ms) * scale:.1f}"

    def rect(kind: str, begin_ms: float, end_ms: float) -> str:
        x, end = x_of(begin_ms), x_of(end_ms)
        width = f"{float(end) - float(x):.1f}"
        return f'<rect class="{kind}" x="{x}" y="{y + ON}" width="{width}" height="{OFF - ON}"/>'

    yield _text(14, y + OFF, scene.name)
    length_ms = min(scene.length_ms, most_ms)
    yield from (rect("away", *span) for span in absences(scene))
    yield f'<path class="trace" d="M{LABELS} {y + OFF}.5H{x_of(length_ms)}"/>'
    yield from (rect("on", *span) for span in releases(scene))
    if scene.act_ms is not None:
        yield f'<path class="act" d="M{x_of(scene.act_ms)} {y + 2}v17"/>'
    for card in scene.only("card"):
        if card["state"] == "presented":
            kind = "not" if card["card"] == UNKNOWN_CARD else "may"
            yield f'<circle class="{kind}" cx="{x_of(card["t_ms"])}" cy="{y + CARDS}" r="3"/>'


def releases(scene: Played) -> list[tuple[int, int]]:
    """From when to when the relay was energised."""
    return _spans(scene, [(edge["t_ms"], edge["energised"]) for edge in scene.only("relay")])


def absences(scene: Played) -> list[tuple[int, int]]:
    """From when to when there was no panel, or none that had a reader."""
    away = [(0, True)] if scene.name == relay_scenes.RESTARTS[0].name else []
    if scene.act_ms is not None:
        away.append((scene.act_ms, True))
    works = ("ready", "unsupervised")
    away += [(told["t_ms"], True) for told in scene.only("restart")]
    away += [(told["t_ms"], told["state"] not in works) for told in scene.only("reader")]
    return _spans(scene, sorted(away))


def _spans(scene: Played, changes: list[tuple[int, bool]]) -> list[tuple[int, int]]:
    spans, begin_ms = [], None
    for t_ms, on in [*changes, (scene.length_ms, False)]:
        if on and begin_ms is None:
            begin_ms = t_ms
        elif not on and begin_ms is not None:
            spans.append((begin_ms, t_ms))
            begin_ms = None
    return spans


def _text(x: float, y: int, words: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{x:.0f}" y="{y}">{words}</text>'


if __name__ == "__main__":
    main()
