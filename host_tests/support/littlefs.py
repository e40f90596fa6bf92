"""littlefs-python as a folder of this machine: what `open` and `os` say about it goes to a Flash.

CPython only. Code under test uses `open`, `os.rename` and so on; while a flash is attached, these
names lead to it for every path below its folder, with the sizes that MicroPython uses and, as
there, without buffering in between.
"""

import builtins
import io
import os
from unittest import mock

from littlefs import LittleFS, LittleFSError, UserContext, lfs

_IO_ERROR = -5
_READ, _WRITE, _CREATE, _TRUNCATE, _APPEND = 1, 2, 0x100, 0x400, 0x800  # of lfs_open_flags
_MODES = {
    "rb": _READ,
    "wb": _WRITE | _CREATE | _TRUNCATE,
    "ab": _WRITE | _CREATE | _APPEND,
    "r+b": _READ | _WRITE,
}


class _Chip(UserContext):
    """littlefs-python's view of a Flash. An OSError of the flash becomes littlefs's LFS_ERR_IO."""

    def __init__(self, flash):
        self._flash = flash

    def read(self, config, block, offset, size):
        buffer = bytearray(size)
        self._flash.readblocks(block, buffer, offset)
        return buffer

    def prog(self, config, block, offset, data):
        try:
            self._flash.writeblocks(block, data, offset)
        except OSError:
            return _IO_ERROR
        return 0

    def erase(self, config, block):
        try:
            self._flash.ioctl(6, block)
        except OSError:
            return _IO_ERROR
        return 0


class _File(io.RawIOBase):
    """An open file. Unbuffered, as MicroPython's are; flush commits, as MicroPython's does."""

    def __init__(self, system, name, mode):
        super().__init__()
        self._system = system
        self._handle = None
        self._handle = _translated(lfs.file_open, system, name, _MODES[mode])

    def fileno(self):
        return self  # for the os.fsync below

    def readable(self):
        return True

    def seekable(self):
        return True

    def writable(self):
        return True

    def seek(self, offset, whence=0):
        return _translated(lfs.file_seek, self._system, self._handle, offset, whence)

    def tell(self):
        return _translated(lfs.file_tell, self._system, self._handle)

    def readinto(self, buffer):
        data = _translated(lfs.file_read, self._system, self._handle, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        return _translated(lfs.file_write, self._system, self._handle, bytes(data))

    def flush(self):
        if self._handle is not None:
            _translated(lfs.file_sync, self._system, self._handle)

    def close(self):
        handle = self.lose()
        if handle is not None:
            _translated(lfs.file_close, self._system, handle)

    def lose(self):
        """The file is no longer open, and what was not flushed is gone: as when power goes."""
        handle, self._handle = self._handle, None
        super().close()
        return handle


def _translated(function, *arguments):
    try:
        return function(*arguments)
    except LittleFSError as error:
        raise OSError(-error.code, os.strerror(-error.code)) from error


class _Folder:
    """`os` and `open` for paths below one folder; all others go where they went before."""

    def __init__(self, flash, path, fresh):
        self._prefix = path + "/"
        self._drive = LittleFS(
            _Chip(flash),
            mount=False,
            block_size=4096,
            block_count=len(flash.image) // 4096,
            read_size=32,
            prog_size=flash.prog_bytes,
            cache_size=4 * max(32, flash.prog_bytes),
            lookahead_size=32,
            block_cycles=100,
        )
        if fresh:
            self._drive.format()
        _translated(self._drive.mount)
        self._files = []
        self._patches = [
            mock.patch.object(builtins, "open", self._either(open, self._open)),
            mock.patch.object(os, "fsync", self._fsync(os.fsync)),
        ]
        for name in ("rename", "remove", "mkdir", "listdir", "stat", "statvfs"):
            own = getattr(self, "_" + name)
            self._patches.append(mock.patch.object(os, name, self._either(getattr(os, name), own)))
        for patch in self._patches:
            patch.start()

    def close(self):
        for patch in self._patches:
            patch.stop()
        for file in self._files:
            file.lose()
        self._drive.unmount()

    def _either(self, usual, own):
        def function(path, *arguments, **named):
            if isinstance(path, str) and (path + "/").startswith(self._prefix):
                return own(self._inside(path), *arguments, **named)
            return usual(path, *arguments, **named)

        return function

    def _inside(self, path):
        return "/" + path[len(self._prefix) :]

    def _open(self, name, mode):
        file = _File(self._drive.fs, name, mode)
        self._files = [other for other in self._files if not other.closed] + [file]
        return file

    def _rename(self, name, new_path):
        _translated(lfs.rename, self._drive.fs, name, self._inside(new_path))

    def _remove(self, name):
        _translated(lfs.remove, self._drive.fs, name)

    def _mkdir(self, name):
        _translated(lfs.mkdir, self._drive.fs, name)

    def _listdir(self, name):
        return _translated(self._drive.listdir, name)

    def _stat(self, name):
        found = _translated(lfs.stat, self._drive.fs, name)
        mode = 0x8000 if found.type == 1 else 0x4000
        return os.stat_result([mode, 0, 0, 0, 0, 0, found.size, 0, 0, 0])

    def _statvfs(self, _):
        blocks = self._drive.block_count
        free = blocks - self._drive.used_block_count
        return os.statvfs_result([4096, 4096, blocks, free, free, 0, 0, 0, 0, 255])

    @staticmethod
    def _fsync(usual):
        return lambda file: file.flush() if isinstance(file, _File) else usual(file)


_folders = {}


def attach(flash, path, fresh):
    _folders[path] = _Folder(flash, path, fresh)


def detach(path):
    _folders.pop(path).close()
