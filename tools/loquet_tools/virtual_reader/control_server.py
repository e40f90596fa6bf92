"""The control socket: Unix or TCP on this machine, several scripts at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loquet_tools.virtual_reader.control import Control
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.tell import as_fields

LONGEST_LINE = 65536
MOST_UNREAD = 1 << 20  # bytes that a script which watches may leave unread


class ControlServer:
    """Serves at `address`: a Path, or (host, port). `talk` makes a Control for each connection."""

    def __init__(self, address: Path | tuple[str, int], talk: Callable[[], Control]):
        self._address = address
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, Control] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """Where it is: a path, or host:port with the real port."""
        if isinstance(self._address, Path) or self._server is None:
            return str(self._address)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def __aenter__(self) -> ControlServer:
        """OSError if the address cannot be had."""
        if isinstance(self._address, Path):
            self._server = await self._at_path(self._address)
        else:
            host, port = self._address
            self._server = await asyncio.start_server(self._accept, host, port, limit=LONGEST_LINE)
        return self

    async def _at_path(self, path: Path) -> asyncio.Server:
        # asyncio would by itself take the path away from a socket that is being served.
        _remove_left_over(path)
        sock = socket.socket(socket.AF_UNIX)
        # Nobody else of this machine: who is heard here can do everything.
        before = os.umask(0o077)
        try:
            sock.bind(str(path))
        except OSError as error:
            sock.close()
            raise OSError(f"{path}: {error.strerror or error}") from error
        finally:
            os.umask(before)
        return await asyncio.start_unix_server(self._accept, sock=sock, limit=LONGEST_LINE)

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._server is not None:
            await self._server.wait_closed()
        if isinstance(self._address, Path):
            self._address.unlink(missing_ok=True)

    def tell(self, happened: Output) -> None:
        """Told to every script that watches."""
        for writer, control in list(self._open.items()):
            if control.watching:
                _write(writer, {"event": as_fields(happened)})

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        control = self._open[writer] = self._talk()
        try:
            # A script may leave as it likes.
            with contextlib.suppress(ConnectionError):
                await self._listen(reader, writer, control)
        finally:
            del self._open[writer]
            writer.close()

    async def _listen(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, control: Control
    ) -> None:
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                allowed = f"allowed: lines of at most {LONGEST_LINE} bytes"
                _write(writer, {"ok": False, "error": f"a line too long; {allowed}"})
                return
            if not line:
                return
            if line.strip():
                _write(writer, control.answer(line))
                await writer.drain()


def _write(writer: asyncio.StreamWriter, fields: dict[str, Any]) -> None:
    if writer.transport.get_write_buffer_size() > MOST_UNREAD:
        writer.transport.abort()
    elif not writer.is_closing():
        writer.write(json.dumps(fields).encode() + b"\n")


def _remove_left_over(path: Path) -> None:
    """A socket that a reader left behind when it was killed; one that is served stays."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
