"""One visit of a cohort: one person at one time, with the images to score and what they hold."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wbmri.case import CasePaths, bids_label
from wbmri.core import InputError
from wbmri.io import is_image, sidecar_path
from wbmri.io.dicom import files_under

_END = 65536
"""So many bytes at each end of an image tell most scans apart."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that is to become a case.

    Paths are kept as text: ten thousand visits take a tenth of the memory.

    Parameters
    ----------
    participant, session
        BIDS labels; a ``sub-`` or ``ses-`` prefix is dropped.
    inputs
        A DICOM folder, or one or more image files (several are stations).
    labels
        Label maps of the user, instead of an engine; several are fused.
    series
        Keys of its series to read, instead of those that the options of the run name.
    problem
        Why it cannot be scored, in one line, or None.

    Raises
    ------
    InputError
        If a label is not a BIDS label.
    """

    participant: str
    session: str
    inputs: tuple[str, ...]
    labels: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    problem: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "participant", bids_label(self.participant, "sub"))
        object.__setattr__(self, "session", bids_label(self.session, "ses"))

    @property
    def name(self) -> str:
        """``sub-X_ses-Y``."""
        return f"sub-{self.participant}_ses-{self.session}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is no part of any visit, and why."""

    path: str
    why: str


Found = Visit | Skipped


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits a command is about.

    Parameters
    ----------
    participants, sessions
        BIDS labels to keep; empty for all.
    only
        Names of the visits to keep, ``sub-X_ses-Y``; ``None`` for all.
    """

    participants: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    only: frozenset[str] | None = None

    @classmethod
    def of(
        cls,
        participants: Iterable[str] = (),
        sessions: Iterable[str] = (),
        only: Iterable[str] | None = None,
    ) -> Self:
        """Take labels with or without ``sub-`` and ``ses-``.

        Raises
        ------
        InputError
            If a label is not a BIDS label.
        """
        return cls(
            frozenset(bids_label(label, "sub") for label in participants),
            frozenset(bids_label(label, "ses") for label in sessions),
            None if only is None else frozenset(only),
        )

    def keeps(self, visit: "Visit | CasePaths") -> bool:
        """Tell whether a visit, or the case it has become, is one of them."""
        return (
            (not self.participants or visit.participant in self.participants)
            and (not self.sessions or visit.session in self.sessions)
            and (self.only is None or visit.name in self.only)
        )

    def check(self, visits: Iterable["Visit | CasePaths"], where: str) -> None:
        """Refuse a label that names nobody, which is a slip more often than not.

        Raises
        ------
        InputError
            If there is such a label.
        """
        left = {"participant": set(self.participants), "session": set(self.sessions)}
        if not any(left.values()):
            return
        for visit in visits:
            left["participant"].discard(visit.participant)
            left["session"].discard(visit.session)
        for what, labels in left.items():
            if labels:
                raise InputError(
                    f"the {what} label {', '.join(sorted(labels))}, of which there is no visit",
                    f"labels of {what}s in {where}",
                    "see what is there with 'participant --dry-run'",
                )


def files_of(visit: Visit) -> Iterator[Path]:
    """Yield every file that decides the result of a visit, in a fixed order."""
    for path in map(Path, (*visit.inputs, *visit.labels)):
        if path.is_dir():
            yield from files_under([path])
        else:
            yield path
            if is_image(path) and (beside := sidecar_path(path)).is_file():
                yield beside


def stamp_of(visit: Visit) -> str:
    """Return a digest of the places, sizes and times of a visit's files; equal stamps mean untouched files.

    A digest, because a path may name the person.
    """
    made = hashlib.sha256()
    for path in files_of(visit):
        facts = os.stat(path)
        made.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return made.hexdigest()


def digest_of(visit: Visit) -> str:
    """Return the SHA-256 of the contents of a visit's files, whatever they are called and wherever they lie."""
    return _digest(files_of(visit))


def scans_of(visit: Visit) -> Iterator[Path]:
    """Yield the image files of a visit, without sidecars and label maps."""
    alone = Visit(visit.participant, visit.session, visit.inputs)
    yield from (path for path in files_of(alone) if path.suffix.lower() != ".json")


def sizes_of(visit: Visit) -> tuple[int, ...]:
    """Return the sizes in bytes of a visit's image files; nothing for what is not there."""
    return tuple(path.stat().st_size for path in scans_of(visit) if path.is_file())


def scan_digest_of(visit: Visit) -> str:
    """Return the SHA-256 of a visit's images alone, by which one scan is recognised under two names."""
    return _digest(scans_of(visit))


def ends_of(visit: Visit) -> bytes:
    """Return a digest of the first and the last bytes of a visit's first image, which differs between most scans."""
    with next(scans_of(visit)).open("rb") as file:
        start = file.read(_END)
        file.seek(-min(_END, os.fstat(file.fileno()).st_size), os.SEEK_END)
        return hashlib.sha256(start + file.read(_END)).digest()


def _digest(paths: Iterable[Path]) -> str:
    made = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            made.update(hashlib.file_digest(file, "sha256").digest())
    return made.hexdigest()
