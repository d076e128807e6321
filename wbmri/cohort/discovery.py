"""Which visits a cohort has, from a BIDS dataset, a table or a folder of DICOM studies."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from wbmri.case import bids_label
from wbmri.cohort.tables_and_studies import ENDINGS, study_visits, table_visits
from wbmri.cohort.visit import Found, Skipped, Visit, VisitFilter, ends_of, scan_digest_of, sizes_of
from wbmri.core import InputError
from wbmri.io import STIR_KINDS, STIR_NAME, Kind, classify, is_image, read_sidecar

ONLY_SESSION = "01"
"""Session label of a participant whose dataset has no session folders."""

_STATIONS = ("run", "chunk")
"""Entities in which the stations of one scan may differ."""

_NO_SCANS = ("dseg", "mask", "probseg")


def bids_visits(root: Path, match: str | None) -> Iterator[Found]:
    """Yield the visits of a dataset by participant and session, and the images that belong to none.

    Parameters
    ----------
    root
        The dataset.
    match
        Pattern for the file names of the STIR images, instead of what headers and names say.
    """
    for participant, session, folder in _sessions(root, match):
        try:
            bids_label(participant, "sub")
            bids_label(session, "ses")
        except InputError as error:
            yield Skipped(str(folder), f"its name is that of no visit: {error.received}")
            continue
        if folder.is_relative_to(root / "sourcedata"):
            yield Visit(participant, session, (str(folder),))
        else:
            yield from _visit(participant, session, folder, match)


def _sessions(root: Path, match: str | None) -> Iterator[tuple[str, str, Path]]:
    """Yield participant, session and folder; sourcedata stands in where there are no converted images."""
    sourcedata = root / "sourcedata"
    names = {path.name for base in (root, sourcedata) for path in base.glob("sub-*") if path.is_dir()}
    for name in sorted(names):
        folders: dict[str, Path] = {}
        for base in (sourcedata, root):
            person = base / name
            visits = {path.name.removeprefix("ses-"): path for path in sorted(person.glob("ses-*")) if path.is_dir()}
            if person.is_dir() and not visits:
                visits = {ONLY_SESSION: person}
            # A session of the dataset that holds no images does not hide its DICOM files.
            folders |= {key: path for key, path in visits.items() if key not in folders or any(_images(path))}
        for session in sorted(folders):
            yield name.removeprefix("sub-"), session, folders[session]


def _images(session: Path) -> Iterator[Path]:
    """Yield the scans among the images of a session."""
    for path in sorted((session / "anat").glob("sub-*")):
        if is_image(path) and _suffix(path) not in _NO_SCANS:
            yield path


def _visit(participant: str, session: str, folder: Path, match: str | None) -> Iterator[Found]:
    sets: dict[str, list[str]] = {}
    others = 0
    for path in _images(folder):
        why = None if match and fnmatch(path.name, match) else _no_stir(path, match)
        if why is None:
            sets.setdefault(_set_of(path), []).append(str(path))
        else:
            others += 1
            yield Skipped(str(path), why)
    problem = None
    if not sets:
        problem = (
            f"no STIR image among {others}; expected one or more stations; "
            "name them with --match if neither header nor name says STIR"
        )
    elif len(sets) > 1:
        problem = f"{len(sets)} sets of STIR images ({', '.join(sorted(sets))}); expected one; choose it with --match"
    yield Visit(participant, session, tuple(path for paths in sets.values() for path in paths), problem=problem)


def _no_stir(path: Path, match: str | None) -> str | None:
    """Say why an image is not taken for STIR; None if it is."""
    if match:
        return f"its name does not match {match}"
    named = bool(STIR_NAME.search(_entities(path).get("acq", "")))
    try:
        facts = read_sidecar(path)
    except (InputError, OSError):
        # Reading it names the fault, which is worth more than leaving out what the name calls STIR.
        return None if named else "its sidecar cannot be read, and its name does not say STIR"
    kind, why = (Kind.OTHER, "nothing says how it was made") if facts is None else classify(facts)
    if kind in STIR_KINDS or (kind is Kind.OTHER and named):
        return None
    return f"{kind.value}: {why}" if kind is not Kind.OTHER else f"neither its header nor its name says STIR ({why})"


def _entities(path: Path) -> dict[str, str]:
    parts = (part.partition("-") for part in path.name.split("_") if "-" in part)
    return {key: value for key, _, value in parts}


def _suffix(path: Path) -> str:
    return path.name.split(".", 1)[0].rsplit("_", 1)[-1]


def _set_of(path: Path) -> str:
    """Return what all stations of one scan have in common in their names."""
    kept = [f"{key}-{value}" for key, value in _entities(path).items() if key not in ("sub", "ses", *_STATIONS)]
    return "_".join([*(part.split(".", 1)[0] for part in kept), _suffix(path)])


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
