"""The history of a reading on disk: a line for each action, forced to the disk before the next."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from wbmri.case import ReadingPaths, decode, encode
from wbmri.errors import CaseError
from wbmri.io import write_atomic
from wbmri.review.entries import Entry
from wbmri.review.masks import MaskChange, decode_change, encode_change
from wbmri.review.saving import Saving

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def read_entries(path: Path) -> tuple[list[Entry], int]:
    """Read a history, and how many bytes of it are whole lines.

    A last line that is torn, because the machine stopped while it was written, is an action that was never completed:
    it does not count.

    Raises
    ------
    CaseError
        If another line is damaged.
    """
    content = path.read_bytes() if path.exists() else b""
    # At line feeds alone: what a stopped machine left behind the last one may be anything.
    lines = content.split(b"\n")[:-1]
    if lines and not _whole(lines[-1], path):
        lines.pop()
    entries = [decode(Entry, line, path) for line in lines]
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            raise CaseError(
                f"{path} with line {entry.number} in place {number}",
                "every action once, in order",
                "restore the file from a backup",
            )
    return entries, sum(len(line) + 1 for line in lines)


def _whole(line: bytes, path: Path) -> bool:
    try:
        decode(Entry, line, path)
    except CaseError as error:
        # A newer program wrote it, whole; that is said, not healed.
        return "schema_version" in error.received
    return True


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
        self.entries, self._length = read_entries(paths.history)
        self._waiting: list[Entry] = []
        self._changes: dict[int, MaskChange] = {}
        self._problem = problem

    @property
    def saving(self) -> Saving:
        """How far the disk has followed."""
        return Saving(self.paths.folder, len(self._waiting), self._problem)

    def append(self, entry: Entry, change: MaskChange | None = None) -> None:
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

    def change(self, number: int) -> MaskChange:
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
            self._changes[number] = decode_change(path.read_bytes(), str(path))
        return self._changes[number]

    def move(self, paths: ReadingPaths) -> None:
        """Write everything into another place and go on there.

        Raises
        ------
        OSError
            If that cannot be written; the journal stays where it was then.
        """
        masks = {entry.number: self.change(entry.number) for entry in self.entries if entry.tool is not None}
        before = self.paths, self._length, self._waiting
        self.paths, self._length, self._waiting = paths, 0, []
        self._changes.update(masks)
        try:
            for entry in self.entries:
                self._write(entry)
        except OSError:
            self.paths, self._length, self._waiting = before
            raise
        self._problem = None

    def _write(self, entry: Entry) -> None:
        """Put the voxels of an action on disk and then its line, so that no line is without its voxels."""
        if entry.tool is not None:
            path = self.paths.mask(entry.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, encode_change(self._changes[entry.number]))
        path = self.paths.history
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        line = encode(entry, indent=None)
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
