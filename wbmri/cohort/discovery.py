"""Which visits a cohort has, from a BIDS dataset, a table or a folder of DICOM studies."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from wbmri.cohort.bids import bids_visits
from wbmri.cohort.tables_and_studies import ENDINGS, study_visits, table_visits
from wbmri.cohort.visit import Found, Skipped, Visit, VisitFilter, ends_of, scan_digest_of, sizes_of
from wbmri.core import InputError


@dataclass(frozen=True)
class Cohort:
    """The visits to score, found anew in each iteration, so that memory does not grow with their number.

    Parameters
    ----------
    source
        A BIDS dataset, a .tsv or .csv table, or a folder of DICOM studies.
    chosen
        Which of its visits to keep.
    match
        Pattern for the names of the STIR images of a BIDS dataset.
    labels
        Folder with a label map for each visit, as ``sub-X/ses-Y/**/*_dseg.nii.gz``.
    key
        For DICOM studies: the table that links folders to labels.
    """

    source: Path
    chosen: VisitFilter = field(default_factory=VisitFilter)
    match: str | None = None
    labels: Path | None = None
    key: Path | None = None
    _twins: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __iter__(self) -> Iterator[Visit]:
        """Yield the visits, those with a problem included."""
        return (self._checked(found) for found in self._found(keep=True) if isinstance(found, Visit))

    def look(self) -> Iterator[Found]:
        """Yield the visits and what belongs to none, and write nothing, not even a key."""
        for found in self._found(keep=False):
            yield self._checked(found) if isinstance(found, Visit) else found

    def _found(self, *, keep: bool) -> Iterator[Found]:
        if self.source.suffix.lower() in ENDINGS and self.source.is_file():
            found: Iterator[Found] = table_visits(self.source)
        elif any(self.source.glob("sub-*")) or any(self.source.glob("sourcedata/sub-*")):
            found = bids_visits(self.source, self.match)
        else:
            found = study_visits(self.source, self.key, keep=keep)
        for one in found:
            if isinstance(one, Skipped):
                yield one
            elif self.chosen.keeps(one):
                yield self._with_labels(one)

    def _with_labels(self, visit: Visit) -> Visit:
        if self.labels is None or visit.problem:
            return visit
        place = self.labels / f"sub-{visit.participant}" / f"ses-{visit.session}"
        maps = tuple(str(path) for path in sorted(place.glob("**/*_dseg.nii*")))
        problem = None if maps else f"no label map of {visit.name} in {self.labels}; expected *_dseg.nii.gz; add it"
        return replace(visit, labels=maps, problem=problem)

    def _checked(self, visit: Visit) -> Visit:
        twin = self._twins.get(visit.name)
        if twin is None or visit.problem:
            return visit
        return replace(visit, problem=f"the same images as {twin}; expected each scan once; remove or correct one")


def find_visits(
    source: str | Path,
    *,
    participants: Collection[str] = (),
    sessions: Collection[str] = (),
    match: str | None = None,
    labels: str | Path | None = None,
    key: str | Path | None = None,
    only: Collection[str] | None = None,
) -> Cohort:
    """Find the visits of a cohort.

    Parameters
    ----------
    source
        A BIDS dataset, a .tsv or .csv table with the columns participant, session and path, or a folder of DICOM
        studies.
    participants, sessions
        BIDS labels to keep, with or without ``sub-`` and ``ses-``; all if empty.
    match
        Pattern, such as ``*_acq-stir_*``, for the names of the STIR images of a BIDS dataset, where neither header nor
        name says STIR or there are several sets.
    labels
        Folder with a label map for each visit, as ``sub-X/ses-Y/**/*_dseg.nii.gz``, instead of an engine.
    key
        For DICOM studies: a table that links folders to labels, made if missing. Keep it where identities are kept.
    only
        Names of the visits to keep, ``sub-X_ses-Y``.

    Returns
    -------
    Cohort
        Iterate over it for the visits. One that is the same scan as another has a ``problem``, and so has one without
        STIR.

    Raises
    ------
    InputError
        If there is no such cohort, or a label names nobody in it.
    """
    place = Path(source).absolute()
    if not place.exists():
        raise InputError(f"{source}, which does not exist", "a BIDS dataset, a table or DICOM studies", "check it")
    if place.is_file() and place.suffix.lower() not in ENDINGS:
        raise InputError(f"the file {place.name}", "a folder, or a table (.tsv or .csv)", "name another input")
    cohort = Cohort(
        place,
        VisitFilter.of(participants, sessions, only),
        match,
        None if labels is None else Path(labels).absolute(),
        None if key is None else Path(key).absolute(),
    )
    cohort.chosen.check((found for found in cohort.look() if isinstance(found, Visit)), place.name)
    cohort._twins.update(_twins(cohort))
    return cohort


def _twins(cohort: Cohort) -> dict[str, str]:
    """Return the visits whose images are those of another visit, with the other's name.

    Only what agrees in size is opened, and only what agrees at its ends is read.
    """
    by_size: dict[int, list[str]] = {}
    for visit in _scans(cohort):
        by_size.setdefault(hash(sizes_of(visit)), []).append(visit.name)
    suspects = {name for names in by_size.values() if len(names) > 1 for name in names}
    by_ends: dict[bytes, list[str]] = {}
    for visit in _scans(cohort, suspects):
        with suppress(OSError, StopIteration):
            by_ends.setdefault(ends_of(visit), []).append(visit.name)
    suspects = {name for names in by_ends.values() if len(names) > 1 for name in names}
    by_content: dict[str, list[str]] = {}
    for visit in _scans(cohort, suspects):
        with suppress(OSError):
            by_content.setdefault(scan_digest_of(visit), []).append(visit.name)
    return {
        name: next(other for other in names if other != name)
        for names in by_content.values()
        if len(names) > 1
        for name in names
    }


def _scans(cohort: Cohort, names: Collection[str] | None = None) -> Iterator[Visit]:
    if names is not None and not names:
        return
    for found in cohort.look():
        if isinstance(found, Visit) and found.problem is None and (names is None or found.name in names):
            yield found


def visits_of(cohort: Cohort) -> int:
    """Count the visits of a cohort."""
    return sum(isinstance(found, Visit) for found in cohort.look())
