"""One program or person at a time writes to a case."""

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from wbmri.case.documents import SCHEMA_VERSION, STRICT, decode, encode
from wbmri.case.paths import CasePaths
from wbmri.core import CaseError

SILENT_S = 600.0
"""A lock of another computer that nobody has refreshed for this long is taken over."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case open.

    Parameters
    ----------
    reader
        The person.
    host, process
        The computer and the process on it.
    started
        When that process started, in the ticks of its system, so that a later process of the same number is not taken
        for it; ``None`` where the system does not say.
    since
        When the case was opened, UTC.
    token
        Random, so that a lock that was taken over is noticed.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    reader: str
    host: str
    process: int
    started: int | None
    since: datetime
    token: str
    schema_version: int = SCHEMA_VERSION

    @property
    def words(self) -> str:
        """``anna on ward-pc since 2026-01-31 09:30``."""
        return f"{self.reader} on {self.host} since {self.since.astimezone():%Y-%m-%d %H:%M}"


class CaseLock:
    """The right to write to a case; `CaseLock.take` gets it."""

    def __init__(self, path: Path, holder: Holder, *, folder_made: bool) -> None:
        self._path = path
        self._holder = holder
        self._folder_made = folder_made

    @classmethod
    def take(cls, path: Path, reader: str) -> tuple[Self | None, Holder | None]:
        """Take the lock, or say who has it.

        A lock whose process has died on this computer, or that was silent for ten minutes on another, is taken over.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        folder_made = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        process = os.getpid()
        since = datetime.now(UTC).replace(microsecond=0)
        own = Holder(reader, socket.gethostname(), process, _started(process), since, secrets.token_hex(8))
        for _ in range(3):
            if _create(path, encode(own)):
                return cls(path, own, folder_made=folder_made), None
            other = _read(path)
            if other is None:
                # It may be that its holder is just writing it.
                time.sleep(0.05)
                other = _read(path)
            if other is not None and _alive(other, path):
                return None, other
            _set_aside(path, other)
        return None, _read(path)

    def held(self) -> Holder | None:
        """Return who took the lock over; ``None`` while it is still ours. A lock that was deleted is made again."""
        found = _read(self._path)
        if found is None:
            _create(self._path, encode(self._holder))
            found = _read(self._path)
        return None if found is None or found.token == self._holder.token else found

    def refresh(self) -> None:
        """Say that the holder is still there."""
        with suppress(OSError):
            os.utime(self._path)

    def release(self) -> None:
        """Give the lock back, and leave no empty folder behind that was made for it."""
        found = _read(self._path)
        if found is not None and found.token == self._holder.token:
            with suppress(OSError):
                self._path.unlink()
                if self._folder_made:
                    self._path.parent.rmdir()


def holder_of(path: Path) -> Holder | None:
    """Return who has a case open now; ``None`` if nobody has."""
    found = _read(path)
    return found if found is not None and _alive(found, path) else None


def _create(path: Path, content: bytes) -> bool:
    """Make a file that is not there; False if it is."""
    try:
        with path.open("xb", buffering=0) as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _read(path: Path) -> Holder | None:
    try:
        return decode(Holder, path.read_bytes(), path)
    except (OSError, CaseError):
        return None


def _set_aside(path: Path, stale: Holder | None) -> None:
    """Remove a lock that nobody holds; one that someone else took in the meantime goes back."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    found = _read(aside)
    if found is not None and (stale is None or found.token != stale.token) and not path.exists():
        aside.rename(path)
    else:
        aside.unlink()


def _alive(holder: Holder, path: Path) -> bool:
    if holder.host == socket.gethostname() and os.name == "posix":
        try:
            os.kill(holder.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return holder.started is None or _started(holder.process) in (None, holder.started)
    try:
        return _now(path.parent) - path.stat().st_mtime < SILENT_S
    except FileNotFoundError:
        return False


def _now(folder: Path) -> float:
    """Return the time by the clock that stamps the files of a folder, which may be that of a server."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def _started(process: int) -> int | None:
    """Return when a process started, in clock ticks since its computer did; ``None`` where /proc does not say."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return -1 if fields[0] == "Z" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


@contextmanager
def case_lock(paths: CasePaths) -> Iterator[bool]:
    """Hold the lock of a visit, if nobody else does.

    The lock belongs to the process and ends with it, however it ends; the file that stays behind means nothing.

    Parameters
    ----------
    paths
        The case.

    Yields
    ------
    bool
        Whether the lock is held; False if another process holds it.
    """
    from filelock import FileLock, Timeout

    folder = paths.out / ".wbmri" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{paths.name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
