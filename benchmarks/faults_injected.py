"""How `faults.py` lets a program fail: before each step that changes the disk, and in the middle of each write."""

import builtins
import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KILL, FULL, READ_ONLY, VANISHED = FAULTS = ("kill", "disk full", "read-only", "folder gone")
AWAY = ".away"
"""What a folder that has gone is called meanwhile."""

_MAKING = {"os.mkdir", "os.link", "write"}
"""What a full disk does not take; it lets files be renamed and removed."""
_EVENTS = {"os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.utime", "os.truncate", "os.chmod"}


@dataclass
class Injector:
    """Counts the steps that change something below a folder, and lets one fail, or all from it on.

    Parameters
    ----------
    folder
        The folder.
    fault
        One of `FAULTS`; nothing fails if it is empty.
    at
        The step, from 1 on.
    gone
        The folder that vanishes.
    """

    folder: Path
    fault: str
    at: int
    gone: Path
    steps: int = 0
    _quiet: bool = field(default=False, init=False)

    def install(self) -> None:
        """Watch this process from now on; it cannot be undone."""
        sys.addaudithook(self._event)
        plain_sendfile, plain_write = os.sendfile, os.write

        def fsync(descriptor: int) -> None:
            # What a killed process wrote stays with the system; only a loss of power would show what the disk has.
            self._step("os.fsync", _path_of(descriptor))

        def sendfile(target: int, *given: Any) -> int:
            self._step("write", _path_of(target))
            return plain_sendfile(target, *given)

        def write(descriptor: int, content: Any) -> int:
            return self._write(_path_of(descriptor), content, lambda part: plain_write(descriptor, part))

        os.fsync, os.sendfile, os.write = fsync, sendfile, write  # type: ignore[assignment]
        io.open = builtins.open = self._open  # type: ignore[assignment]

    def _event(self, name: str, given: tuple[Any, ...]) -> None:
        if name in _EVENTS:
            self._step(name, _path(name, given))
        elif name == "open" and isinstance(given[0], str | bytes | os.PathLike) and _makes(given[1], given[2]):
            self._step("write", given[0])

    def _step(self, name: str, path: Any) -> bool:
        """Take a step; True if the process has to end in the middle of it."""
        if self._quiet or not self._below(path):
            return False
        self.steps += 1
        past = bool(self.fault) and self.steps >= self.at
        if self.fault == KILL and past:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == FULL and past and name in _MAKING:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if self.fault == READ_ONLY and past and name != "os.fsync":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        if self.fault == VANISHED and self.steps == self.at and self.gone.exists():
            self._quiet = True
            os.rename(self.gone, self.gone.with_name(self.gone.name + AWAY))
            self._quiet = False
        return self.fault == KILL and self.steps + 1 == self.at

    def _below(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        return os.fsdecode(path).startswith(str(self.folder))

    def _write(self, path: Any, content: Any, write: Callable[[Any], Any]) -> Any:
        if self._step("write", path):
            write(bytes(content)[: len(bytes(content)) // 2])
        # The second half is a step of its own.
        self._step("os.fsync", path)
        return write(content)

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *given: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+") or not self._below(file) or given or named:
            return _plain_open(file, mode, buffering, *given, **named)
        injector = self

        class Raw(io.FileIO):
            def write(self, content: Any) -> int:
                return int(injector._write(file, content, super().write))

        raw = Raw(file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered)


_plain_open = io.open


def _makes(mode: Any, flags: Any) -> bool:
    """Tell whether opening a file so may make or empty it."""
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return bool(flags & (os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_RDWR)) and bool(flags & os.O_CREAT)


def _path(name: str, given: tuple[Any, ...]) -> Any:
    """Return what a call changes; a name in an open folder as a path."""
    place = given[1] if name in ("os.link", "os.rename") else given[0]
    folder = given[-1] if name in ("os.remove", "os.rmdir", "os.mkdir") else -1
    return place if folder == -1 else os.path.join(_path_of(folder), os.fsdecode(place))


def _path_of(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""
