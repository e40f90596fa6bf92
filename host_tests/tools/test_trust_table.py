"""The table of what may go by which clock, in lib/loquet/README.md, is the code's."""

from pathlib import Path

from loquet.clock import QUALITIES, TRUST

PAGE = Path(__file__).resolve().parents[2] / "lib/loquet/README.md"


def test_the_page_has_the_table_of_the_code():
    rows = [("feature", *QUALITIES), *TRUST]
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    table = "\n".join(["", head, "|---" * len(rows[0]) + "|", *body, ""])
    assert table in PAGE.read_text()
