"""A reading on disk, written by one person at a time."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wbmri.case import ReadingPaths
from wbmri.errors import CaseError
from wbmri.review.entries import Entry
from wbmri.review.journal import Journal, problem_of
from wbmri.review.lock import CaseLock, Holder
from wbmri.review.masks import MaskChange
from wbmri.review.saving import Saving


class Keeper:
    """Keeps the history of a reading, under the lock of its case.

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

    def append(self, entry: Entry, change: MaskChange | None = None) -> None:
        """Add an action; on disk when this returns, or else `saving` says why not."""
        self._journal.append(entry, change)

    def change(self, number: int) -> MaskChange:
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
                f"{folder}, which already holds {paths.history.name}", "a folder without it", "choose another folder"
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
