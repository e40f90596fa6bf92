"""What fits on a board and what it costs its flash: `make flash` writes lib/loquet/FLASH.md.

Nothing here depends on the machine it is run on. A test holds the page to what comes out.
"""

from pathlib import Path

from host_tests.bench import capacity, flash_work, log_work
from host_tests.support.flash import ESP32_PROG_BYTES, RP2_PROG_BYTES

PAGE = Path(__file__).resolve().parents[2] / "lib/loquet/FLASH.md"

# Winbond W25Q16JV, the Pico's chip, typical: an erase of 4 KiB, a program of 256 bytes.
ERASE_MS = 45
PROGRAM_MS = 0.4
# This one sums up calls of many kinds: its most of one call would say nothing.
SUM = "add, change, revoke, with all"

HEAD = """# What cards and log cost on flash

Made by `make flash`: the code of this folder on real littlefs, in a flash that counts. A test
compares. No number here depends on the machine that makes the page.
"""

CAPACITY_HEAD = """## What fits

The file system that MicroPython leaves on each board, with what starts the panel, a log of {events}
events that has come round, a list of cards in use and another one as long staged. The program is
frozen into the firmware where *files* says so (`make pico-firmware` builds the Pico's, the other
two boards' have yet to come); else it lies there, compiled by mpy-cross, with the hal of the Unix
board in place of the board's own: every file takes whole blocks of 4 KiB, every folder two. 8
blocks have to be free beside a list that is begun.

The largest list is the longest that can be replaced by another and then be kept up by single
changes: {changes} new cards, which are merged into it. With a longer one there is no room for the
merge: 1,024 changes are taken, and no more before a shorter list comes.

| board | file system | files | log | cards in use | staged | blocks free | largest list |
|---|---|---|---|---|---|---|---|
"""

SOURCES = """
The file systems are those of MicroPython's sources, where the ESP32's programs 32 bytes at a time
and the Pico's 256:

{sources}
"""

WORK_HEAD = """## What it costs

For one operation with {cards} cards, or one event with a full log, on the {blocks} blocks of a
Pico. `work` of cards and `flush` of the log do one slice a call, in quiet time.
*{sum}* is a change of one card with all the slices that come of it.
Busy: with {erase} ms an erase and {program} ms a program, which is typical of the Pico's chip;
nothing else runs on a Pico meanwhile.

| operation | erases | programs | bytes | most erases in a call | busy, ms | erases on an ESP32 |
|---|---|---|---|---|---|---|
"""

WORK_FOOT = """
A lookup programs nothing: on average it reads {reads:.0f} times, {bytes:.0f} bytes in all, at most
{most reads} times and {most bytes} bytes.

On an ESP32 a file of more than 128 bytes gets a block of its own, on a Pico one of more than 512:
littlefs keeps a file within the folder's log if it fits into its cache, which is four times a
program. Mounted with `progsize=256` an ESP32 does as the Pico does.
"""


def page(capacities, works):
    """The whole page. `capacities`: of all boards; `works`: as `work` makes it."""
    return "\n".join([HEAD, capacity_section(capacities), work_section(works)])


def capacity_section(capacities):
    rows = "".join(capacity_row(each) for each in capacities)
    sources = "\n".join(f"* {board.name}: `{board.source}`" for board in capacity.BOARDS)
    head = CAPACITY_HEAD.format(events=f"{capacity.EVENTS:,}", changes=capacity.CHANGES)
    return head + rows + SOURCES.format(sources=sources)


def capacity_row(found):
    board = found.board
    files = f"{found.file_bytes / 1024:.0f} KiB, {found.file_blocks} blocks"
    if board.frozen:
        files += " (frozen)"
    return (
        f"| {board.name} | {board.kib:,} KiB, {board.blocks} blocks "
        f"| {files} | {found.log_blocks} blocks "
        f"| {found.cards:,} | {found.cards:,} | {found.free_blocks} | {found.largest:,} |\n"
    )


def work():
    """(rows on a Pico, rows on an ESP32, what a lookup reads on a Pico)."""
    cards, lookup = flash_work.measured()
    pico = cards | log_work.measured(RP2_PROG_BYTES)
    esp32 = flash_work.measured(ESP32_PROG_BYTES)[0] | log_work.measured(ESP32_PROG_BYTES)
    return pico, esp32, lookup


def work_section(works):
    pico, esp32, lookup = works
    head = WORK_HEAD.format(
        cards=f"{flash_work.COUNT:,}",
        blocks=flash_work.BLOCKS,
        sum=SUM,
        erase=ERASE_MS,
        program=PROGRAM_MS,
    )
    worked = [name for name in pico if any(pico[name].work)]
    rows = "".join(work_row(name, pico[name], esp32[name]) for name in worked)
    return head + rows + WORK_FOOT.format(**lookup)


def work_row(name, pico, esp32):
    erases, programs, size = pico.per(pico.operations)
    busy_ms = erases * ERASE_MS + programs * PROGRAM_MS
    most = "" if name == SUM else max(pico.erases)
    on_esp32 = esp32.per(esp32.operations)[0]
    return (
        f"| {name} | {erases:.3f} | {programs:.2f} | {size:.0f} | {most} | {busy_ms:.1f} "
        f"| {on_esp32:.3f} |\n"
    )


def figures(works):
    """What `work` found, for JSON: erases, programs and bytes of each operation by chip."""
    pico, esp32, lookup = works
    found = {
        name: {each: row.per(row.operations) for each, row in rows.items()}
        for name, rows in (("pico", pico), ("esp32", esp32))
    }
    return found | {"lookup": lookup}


def main():
    files = capacity.firmware()
    capacities = [capacity.measured(board, files) for board in capacity.BOARDS]
    text = page(capacities, work())
    PAGE.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
