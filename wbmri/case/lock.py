"""One program or person at a time writes to a case, to the tables of OUT, and takes a new label.

`CaseLock` is held for as long as a person reads or a program scores; whoever else wants the case is refused and told
who has it. `dataset_lock` is held for moments, and waited for. `new_label` takes a label that nobody else can take.
"""

import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Self

from wbmri.case.documents import SCHEMA_VERSION, STRICT, decode, encode
from wbmri.case.paths import CasePaths
from wbmri.core import AUTO, CaseError
from wbmri.io import remove_drafts

SILENT_S = 600.0
"""A lock of another computer that nobody has refreshed for this long is taken over."""


HEARTBEAT_S = 60.0
"""How often a program that works on a case says that it is still there."""


class CaseInUseError(CaseError):
    """Somebody else has the case open."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case open.

    Parameters
    ----------
    reader
        The person, or ``auto`` where the program scores.
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

    def __init__(self, path: Path, holder: Holder, made: tuple[Path, ...]) -> None:
        self._path = path
        self._holder = holder
        self._made = made

    @classmethod
    def take(cls, path: Path, reader: str) -> tuple[Self | None, Holder | None]:
        """Take the lock, or say who has it.

        A lock whose process has died on this computer, or that was silent for ten minutes on another, is taken over.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        made = _make_folder(path.parent)
        process = os.getpid()
        since = datetime.now(UTC).replace(microsecond=0)
        own = Holder(reader, socket.gethostname(), process, _started(process), since, secrets.token_hex(8))
        for _ in range(3):
            if _create(path, encode(own)):
                return cls(path, own, made), None
            _stamp_no_later_than_now(path)
            other = _written(path)
            if other is not None and _alive(other, path):
                return None, other
            made = (*_make_folder(path.parent), *made)
            if _take_over(path, other, encode(own)):
                return cls(path, own, made), None
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
        """Give the lock back, and leave no empty folders behind that were made for it."""
        ours = False
        # Someone who took it for dead may be taking it over at this moment.
        with suppress(OSError), _guarded(self._path):
            found = _read(self._path)
            ours = found is not None and found.token == self._holder.token
            if ours:
                self._path.unlink()
        if ours:
            _remove_empty(self._made)


def holder_of(path: Path) -> Holder | None:
    """Return who has a case open now; ``None`` if nobody has."""
    found = _read(path)
    return found if found is not None and _alive(found, path) else None


def clear_stale(path: Path) -> None:
    """Remove a lock whose holder is dead, and what killed programs left beside it, as far as the folder allows."""
    with suppress(OSError):
        remove_drafts(path.parent)
        if not path.exists() and not path.with_name(f".{path.name}.guard").exists():
            return
        with _guarded(path):
            other = _written(path)
            if other is None or not _alive(other, path):
                path.unlink(missing_ok=True)


@contextmanager
def locked_case(paths: CasePaths, who: str = AUTO) -> Iterator[None]:
    """Hold the lock of a case while a program writes to it.

    Raises
    ------
    CaseInUseError
        If somebody else has it open.
    """
    lock, other = CaseLock.take(paths.lock, who)
    if lock is None:
        raise CaseInUseError(
            f"{paths.name}, in use by {other.words if other else 'someone else'}",
            "a case that nobody else has open",
            "close it there first, or score into another --out or --ses",
        )
    remove_drafts(paths.folder)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_S):
            lock.refresh()

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        lock.release()


@contextmanager
def dataset_lock(out: Path, name: str) -> Iterator[None]:
    """Hold the lock of something in OUT that many cases share, such as its tables; waits for whoever has it.

    The lock belongs to the process and ends with it, however it ends; the file that stays behind means nothing.
    """
    from filelock import FileLock

    folder = out / ".wbmri" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        yield


@contextmanager
def new_label(folder: str | Path, entity: str) -> Iterator[str]:
    """Take the first of ``01``, ``02`` and so on for which the folder has no ``<entity>-<label>`` yet.

    No two processes take the same one: whoever makes the folder has it. It goes again if nothing was put into it.
    """
    folder = Path(folder)
    above = _make_folder(folder)
    for number in count(1):
        own = folder / f"{entity}-{number:02d}"
        try:
            own.mkdir(parents=True)
        except FileExistsError:
            continue
        break
    try:
        yield f"{number:02d}"
    finally:
        _remove_empty((own, *above))


def _make_folder(folder: Path) -> tuple[Path, ...]:
    """Make a folder and those above it, and return those that were not there, the innermost first."""
    missing = tuple(one for one in (folder, *folder.parents) if not one.exists())
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: tuple[Path, ...]) -> None:
    with suppress(OSError):  # not empty, or gone
        for folder in folders:
            folder.rmdir()


def _create(path: Path, content: bytes) -> bool:
    """Make a file with its content that is not there; False if it is, or if its folder has gone in the meantime."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        draft.write_bytes(content)
        os.link(draft, path)
    except (FileExistsError, FileNotFoundError):
        return False
    except OSError:
        return _create_plainly(path, content)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _create_plainly(path: Path, content: bytes) -> bool:
    """Do the same where the disk knows no links: for a moment the file is there without its content."""
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


_WRITING_S = 1.0
"""A lock without its content is taken for one that is being written for this long."""


def _written(path: Path) -> Holder | None:
    """Return whose a lock is; ``None`` if it is gone or damaged, not if its holder is just writing it."""
    until = time.monotonic() + _WRITING_S
    while (found := _read(path)) is None and path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return found


def _take_over(path: Path, stale: Holder | None, content: bytes) -> bool:
    """Put a lock in the place of one that nobody holds; False if it is no longer there, or its holder lives again.

    One process at a time judges and replaces, and the old lock goes only when the new one takes its name: whoever comes
    late finds the lock of the first.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with _guarded(path):
            found = _read(path)
            if not path.exists() or (found and found.token) != (stale and stale.token):
                return False
            if found is not None and _alive(found, path):
                return False
            draft.write_bytes(content)
            draft.replace(path)
            return True
    except FileNotFoundError:  # the folder has gone in the meantime
        return False
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Keep every other process from judging the same lock, for moments; the system ends it with the process."""
    try:
        import fcntl
    except ImportError:  # elsewhere two that judge at the same moment are not told apart
        yield
        return
    guard = path.with_name(f".{path.name}.guard")
    while True:
        with guard.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever had it before has removed it: another file may have its name by now.
            try:
                current = os.path.samestat(os.fstat(file.fileno()), guard.stat())
            except FileNotFoundError:
                current = False
            if not current:
                continue
            try:
                yield
            finally:
                guard.unlink(missing_ok=True)
            return


def _stamp_no_later_than_now(path: Path) -> None:
    """Bring a lock that was stamped by a clock that ran ahead to the present, from where its silence counts."""
    with suppress(OSError):
        if path.stat().st_mtime > _now(path.parent) + HEARTBEAT_S:
            os.utime(path)


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
