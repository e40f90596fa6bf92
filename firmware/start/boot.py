"""Run by the interpreter before main.py, at every start of a board that has pins of its own.

Outputs safe first. After a soft restart they are as the program left them, and importing it takes
long enough for a door to be noticed.

If there is a file `maintenance`, it is taken away and main.py starts nothing: no app that uses the
files which are being replaced, and no watchdog that cuts the transfer. Once: the next start is an
ordinary one, also if whoever made the file is gone.
"""

import json
import os

MARKER = "maintenance"


def _make_safe() -> None:
    with open("board.json") as file:
        board = json.load(file)
    __import__("boards.hal." + board["hal"], None, None, ["make_safe"]).make_safe(board)


def _is_wanted() -> bool:
    try:
        os.remove(MARKER)
    except OSError:
        return False
    print("maintenance: outputs at rest, nothing is started until the next restart")
    return True


_make_safe()
# main.py has the names of this file.
maintenance = _is_wanted()
