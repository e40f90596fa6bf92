"""The one table of keys, and the README that is made from it."""

from pathlib import Path

from loquet_tools.live import draw, keys

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()


def test_no_key_stands_there_twice():
    names = [key.key for key in keys.KEYS]
    assert len(set(names)) == len(names) == len(keys.KEYS_BY_NAME)


def test_every_key_and_its_label_are_on_the_screen_within_80_columns():
    lines = draw.keys()
    text = "".join(piece for line in lines for piece, _ in line)
    assert all(f" {key.key}  {key.label} " in text for key in keys.KEYS)
    assert len(lines) == 2 and all(draw.width_of(line) <= 78 for line in lines)


def test_the_readme_has_the_table():
    assert keys.table() in README, "put the output of loquet_tools.live.keys.table() there"
