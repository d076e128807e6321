"""A reading on disk, written by one person at a time: a line for each action, forced to the disk before the next."""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from wbmri.case import CaseLock, Chain, Holder, ReadingPaths, clear_stale, digest_of, encode
from wbmri.core import CaseError
from wbmri.io import write_atomic
from wbmri.review.history import Entry, read_entries
from wbmri.review.label_editor import LabelChange, decode_change, encode_change


@dataclass(frozen=True, slots=True)
class Saving:
    """How far the disk has followed.

    Parameters
    ----------
    folder
        Where the reading is saved.
    unsaved
        Actions that are in memory only.
    problem
        Why they are, what the reader can do, in one line; ``None`` while all is well.
    """

    folder: Path
    unsaved: int = 0
    problem: str | None = None


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class Journal:
    """Entries that are on disk, and those that wait because the disk would not take them.

    Parameters
    ----------
    paths
        The files of the reading.
    allowed
        Asked before each write: returns why nothing may be written, or ``None``.
    problem
        Why nothing can be saved, if that is known before anything is.

    Raises
    ------
    CaseError
        If the history is damaged.
    """

    def __init__(self, paths: ReadingPaths, allowed: Callable[[], str | None], problem: str | None = None) -> None:
        self.paths = paths
        self._allowed = allowed
        found = read_entries(paths.history)
        self.entries, self._length, self._chain = list(found.entries), found.length, found.chain
        self._waiting: list[Entry] = []
        self._changes: dict[int, LabelChange] = {}
        self._problem = problem

    @property
    def saving(self) -> Saving:
        """How far the disk has followed."""
        return Saving(self.paths.folder, len(self._waiting), self._problem)

    def append(self, entry: Entry, change: LabelChange | None = None) -> None:
        """Add an action, with the voxels it changed; on disk when this returns, or else `saving` says why not."""
        self.entries.append(entry)
        self._waiting.append(entry)
        if change is not None:
            self._changes[entry.number] = change
        self.flush()

    def flush(self) -> None:
        """Try to write what waits, in order."""
        refused = self._allowed()
        if refused is not None:
            self._problem = refused
            return
        try:
            while self._waiting:
                self._write(self._waiting[0])
                del self._waiting[0]
        except OSError as error:
            self._problem = problem_of(error, self.paths.folder)
        else:
            self._problem = None

    def commit(self, entry: Entry, work: Callable[[], None]) -> None:
        """Add an action together with some work: both, or neither.

        Raises
        ------
        OSError
            If the line cannot be written, or the work fails; the line is taken back then.
        CaseError
            If earlier actions are not on disk.
        """
        self.flush()
        if self._problem is not None:
            raise CaseError("a reading that is not saved", "all of it on disk", self._problem)
        length, chain = self._length, self._chain
        try:
            self._write(entry)
            work()
        except BaseException:
            self._length, self._chain = length, chain
            # Where even this fails, the next line takes its place.
            with suppress(OSError):
                os.truncate(self.paths.history, length)
            raise
        self.entries.append(entry)

    def change(self, number: int) -> LabelChange:
        """Return the voxels that an action changed.

        Raises
        ------
        CaseError
            If their file is missing or damaged.
        """
        if number not in self._changes:
            path = self.paths.mask(number)
            if not path.is_file():
                raise CaseError(f"a reading without {path}", "all its files", "restore the file from a backup")
            content, recorded = path.read_bytes(), self.entries[number - 1].voxels
            if recorded is not None and digest_of(content) != recorded:
                raise CaseError(f"{path}, which is not as it was written", "all its files", "restore it from a backup")
            self._changes[number] = decode_change(content, str(path))
        return self._changes[number]

    def move(self, paths: ReadingPaths) -> None:
        """Write everything into another place and go on there.

        Raises
        ------
        OSError
            If that cannot be written; the journal stays where it was then.
        """
        masks = {entry.number: self.change(entry.number) for entry in self.entries if entry.tool is not None}
        before = self.paths, self._length, self._chain, self._waiting
        self.paths, self._length, self._chain, self._waiting = paths, 0, Chain(), []
        self._changes.update(masks)
        try:
            for entry in self.entries:
                self._write(entry)
        except OSError:
            self.paths, self._length, self._chain, self._waiting = before
            raise
        self._problem = None

    def _write(self, entry: Entry) -> None:
        """Put the voxels of an action on disk and then its line, so that no line is without its voxels."""
        if entry.tool is not None:
            path = self.paths.mask(entry.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            content = encode_change(self._changes[entry.number])
            write_atomic(path, content)
            entry = replace(entry, voxels=digest_of(content))
        path = self.paths.history
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        line = self._chain.line(encode(entry, indent=None))
        with path.open("ab", buffering=0) as file:
            if os.fstat(file.fileno()).st_size < self._length:
                raise OSError(errno.EIO, "the history on disk is shorter than it was")
            # Half a line of an earlier attempt, or of a machine that stopped, goes first.
            file.truncate(self._length)
            written = 0
            while written < len(line):
                written += file.write(line[written:]) or 0
            os.fsync(file.fileno())
        self._length += len(line)
        self._chain = self._chain.after(line[:-1], path)
        if new and os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def problem_of(error: OSError, folder: Path) -> str:
    """Say in one line why nothing can be saved in a folder, and what the reader can do."""
    if error.errno in _FULL:
        why, remedy = f"the disk with {folder} is full", "free some space and save again"
    elif error.errno in _FORBIDDEN:
        why, remedy = f"{folder} is read-only", "allow writing to it and save again"
    else:
        why, remedy = f"{folder} cannot be written ({error.strerror or error})", "mend that and save again"
    return f"Not saved: {why}; {remedy}, or save elsewhere. Until then work is kept in memory only."


class ReadingStore:
    """The history of a reading on disk, under the lock of its case.

    Parameters
    ----------
    paths
        The files of the reading.
    lock
        The file that says who has the case open.
    reader
        Id of the person.
    writing
        Whether anything is to be written; the case is locked then, unless someone else has it.

    Attributes
    ----------
    holder
        Who else has the case open; ``None`` if nobody has.

    Raises
    ------
    CaseError
        If the history is damaged.
    """

    def __init__(self, paths: ReadingPaths, lock: Path, reader: str, *, writing: bool) -> None:
        self.holder: Holder | None = None
        self._reader = reader
        self._path = lock
        self._lock: CaseLock | None = None
        problem = None
        clear_stale(lock)
        if writing:
            try:
                self._lock, self.holder = CaseLock.take(lock, reader)
            except OSError as error:
                problem = problem_of(error, paths.folder)
        try:
            # Read under the lock, so that nobody adds to it in between.
            self._journal = Journal(paths, self._refusal, problem)
        except CaseError:
            self.release()
            raise

    @property
    def paths(self) -> ReadingPaths:
        """The files of the reading."""
        return self._journal.paths

    @property
    def entries(self) -> Sequence[Entry]:
        """Every action so far."""
        return self._journal.entries

    @property
    def saving(self) -> Saving:
        """How far the disk has followed."""
        return self._journal.saving

    def append(self, entry: Entry, change: LabelChange | None = None) -> None:
        """Add an action; on disk when this returns, or else `saving` says why not."""
        self._journal.append(entry, change)

    def sign(self, entry: Entry, write: Callable[[], None]) -> None:
        """Add the last action and write the files of the signed reading, both or neither; others may write then.

        Raises
        ------
        CaseError
            If it cannot be written; the case stays locked, and actions are added to the history as before.
        """
        try:
            self._journal.commit(entry, write)
        except OSError as error:
            raise CaseError(
                "a reading that cannot be signed yet",
                "all of it on disk",
                problem_of(error, self.paths.folder),
            ) from error
        self.release()

    def change(self, number: int) -> LabelChange:
        """Return the voxels that an action changed; `CaseError` where their file is missing or damaged."""
        return self._journal.change(number)

    def retry(self) -> Saving:
        """Try to write what waits."""
        self._journal.flush()
        return self.saving

    def move(self, folder: Path) -> None:
        """Write everything into another folder and go on there.

        Raises
        ------
        CaseError
            If that cannot be done; everything stays as it was then.
        """
        paths = replace(self.paths, elsewhere=folder)
        if paths.history.exists() or paths.reading.exists():
            raise CaseError(
                f"{folder}, which already holds {paths.history.name}",
                "a folder without it",
                "choose another folder",
            )
        path, lock = folder / self._path.name, None
        try:
            lock, other = CaseLock.take(path, self._reader)
            if lock is None:
                raise CaseError(
                    f"{folder}, in use by {other.words if other else 'someone else'}",
                    "a folder of your own",
                    "choose another folder",
                )
            self._journal.move(paths)
        except OSError as error:
            if lock is not None:
                lock.release()
            raise CaseError(
                f"{folder}, which cannot be written ({error.strerror or error})",
                "a folder with free space",
                "choose another folder",
            ) from error
        self.release()
        self._lock, self._path = lock, path

    def refresh(self) -> None:
        """Say that the window is still open."""
        if self._lock is not None:
            self._lock.refresh()

    def release(self) -> None:
        """Let others write to the case."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _refusal(self) -> str | None:
        """Say why nothing may be written now."""
        try:
            if self.paths.elsewhere is None:
                # In its place a new folder would hide all of it when it comes back.
                self.paths.case.reading.stat()
            if self._lock is None:
                self._lock, other = CaseLock.take(self._path, self._reader)
            else:
                other = self._lock.held()
        except OSError as error:
            return problem_of(error, self.paths.folder)
        if other is None:
            return None
        return (
            f"Not saved: the case was taken over by {other.words}; save elsewhere. "
            "Until then work is kept in memory only."
        )
