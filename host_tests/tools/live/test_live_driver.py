"""A terminal that is closed must not stop the view: whoever then waits for its writer hangs."""

import asyncio
import signal

from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from loquet_tools.live.app import LiveView
from loquet_tools.live.terminal import TerminalDriver, Unfailing


class Closed:
    def write(self, text):
        raise OSError(5, "Input/output error")


def test_the_writer_takes_what_nobody_can_read_any_more():
    file = Closed()
    file.flush = lambda: file.write("")
    writer = WriterThread(Unfailing(file))
    writer.start()
    for _ in range(2 * MAX_QUEUED_WRITES):
        assert writer.is_alive()
        writer.write("x")
    writer.stop()


def test_the_view_on_a_terminal_has_such_a_writer():
    async def writer_of(app):
        return TerminalDriver(app)._file

    # Textual's driver takes these signals as soon as it is made.
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    app = LiveView(None)
    try:
        assert app.driver_class is TerminalDriver
        assert isinstance(asyncio.run(writer_of(app)), Unfailing)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
