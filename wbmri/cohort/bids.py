"""The visits of a BIDS dataset: the STIR among the images of each session, or DICOM folders in its sourcedata."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from wbmri.cohort.visit import Found, Skipped, Visit
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
