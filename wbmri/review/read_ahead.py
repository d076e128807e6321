"""A case that is read from the disk before it is opened, so that nobody waits for it."""

from dataclasses import dataclass
from typing import Self

from wbmri.case import Case, CasePaths, read_case
from wbmri.core import LabelMap, Volume


@dataclass(frozen=True, eq=False, slots=True)
class LoadedCase(Case):
    """A case whose images are in memory.

    Parameters
    ----------
    scan, outlines
        Its images.
    """

    scan: Volume
    outlines: LabelMap

    @classmethod
    def of(cls, case: Case) -> Self:
        """Load the images of a case."""
        return cls(case.paths, case.reading, case.software, case.manifest, case.volume(), case.labels())

    def volume(self) -> Volume:
        """Return the composed volume."""
        return self.scan

    def labels(self) -> LabelMap:
        """Return the label map."""
        return self.outlines


@dataclass(frozen=True, eq=False, slots=True)
class ReadAhead:
    """A case in memory, as its files were when it was read.

    Parameters
    ----------
    case
        The case.
    state
        What its files looked like: when they were written, and how long they are.
    """

    case: LoadedCase
    state: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, paths: CasePaths) -> Self:
        """Read a case; may be called on another thread.

        Raises
        ------
        CaseError, OSError
            If it cannot be read.
        """
        state = _state(paths)
        return cls(LoadedCase.of(read_case(paths.reading)), state)

    def case_of(self, paths: CasePaths) -> LoadedCase | None:
        """Return the case if it is that of the paths and nothing was written to it since, else ``None``."""
        try:
            return self.case if self.case.paths == paths and _state(paths) == self.state else None
        except OSError:
            return None


def _state(paths: CasePaths) -> tuple[tuple[int, int], ...]:
    files = (paths.reading, paths.volume, paths.labels, paths.labels_sidecar)
    return tuple((found.st_mtime_ns, found.st_size) for found in (file.stat() for file in files))
