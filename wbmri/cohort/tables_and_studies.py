"""The visits that a table lists, or that a folder of DICOM studies holds under a key."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from wbmri.cohort.visit import Visit
from wbmri.core import InputError, read_table
from wbmri.io import write_atomic
from wbmri.io.dicom import Frame, read_file

COLUMNS = ("participant", "session", "path")
BETWEEN_STATIONS = ";"
_LONGEST_NAME = 255
"""No file system in use takes longer names (NAME_MAX)."""

ENDINGS = {".tsv": "\t", ".csv": ","}


def table_visits(path: Path) -> Iterator[Visit]:
    """Yield the visits of a table in its order.

    Parameters
    ----------
    path
        A .tsv or .csv file in UTF-8 with the columns ``participant`` (or ``participant_id``), ``session`` (or
        ``session_id``) and ``path``, and optionally ``labels`` and ``series`` (keys from ``wbmri inspect``). Several
        entries in one cell are separated by ``;``; paths are relative to the table.

    Raises
    ------
    InputError
        If a column is missing, or a row lacks a value or has labels that BIDS does not allow.
    """
    rows = list(_rows(path))
    seen = Counter(row.name for row in rows)
    told: set[str] = set()
    for row in rows:
        if seen[row.name] == 1:
            yield row
        elif row.name not in told:
            told.add(row.name)
            problem = f"{seen[row.name]} rows of {path.name} for one visit; expected one; correct the table"
            yield Visit(row.participant, row.session, (), problem=problem)


def _rows(path: Path) -> Iterator[Visit]:
    delimiter = ENDINGS[path.suffix.lower()]
    table = read_table(path, delimiter, quotes=delimiter != "\t")
    names = {name.removesuffix("_id"): name for name in table.columns if name}
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"{path.name} without the columns {', '.join(missing)}",
            f"the columns {', '.join(COLUMNS)}, and labels if outlines are given",
            "add them to its first line",
        )
    folder = path.parent.resolve()
    for row, line in zip(table.rows, table.lines, strict=True):
        try:
            yield _visit(row, names, folder)
        except InputError as error:
            raise InputError(f"line {line} of {path.name}: {error.received}", error.expected, error.remedy) from error


def _visit(row: Mapping[str, str], names: Mapping[str, str], folder: Path) -> Visit:
    def entries(name: str) -> list[str]:
        parts = (part.strip() for part in row[names[name]].split(BETWEEN_STATIONS)) if name in names else ()
        return [part for part in parts if part and part != "n/a"]

    participant, session = ((row[names[name]] or "").strip() for name in COLUMNS[:2])
    inputs, labels = (tuple(os.path.normpath(folder / entry) for entry in entries(name)) for name in ("path", "labels"))
    if not inputs:
        raise InputError("an empty path", "a DICOM folder or image files", "fill the cell, or remove the row")
    if any(len(os.fsencode(part)) > _LONGEST_NAME for path in (*inputs, *labels) for part in path.split(os.sep)):
        raise InputError(
            f"a path with a name of more than {_LONGEST_NAME} bytes",
            "a DICOM folder or image files",
            "correct the cell",
        )
    return Visit(participant, session, inputs, labels, tuple(entries("series")))


_TRIED = 20
"""So many files of a folder are tried for a DICOM image."""


@dataclass(frozen=True, slots=True)
class _Study:
    folder: str
    person: tuple[str, str, str]
    visit: str


def study_visits(root: Path, key: Path | None, *, keep: bool) -> Iterator[Visit]:
    """Yield the visits of a folder of DICOM studies, those of the key first.

    People are told apart by what the headers say of them, and numbered; neither that nor the names of folders enters
    a label.

    Parameters
    ----------
    root
        A folder with a folder for each study, at any depth.
    key
        Table of participant, session and path, which links folders to labels; made or continued.
    keep
        Whether new studies are written into the key; False for a look ahead.

    Raises
    ------
    InputError
        If there is no key, or no study.
    """
    if key is None:
        raise InputError(
            f"{root}, a folder of DICOM studies, without a key",
            "--key FILE.tsv, a table that links the folders to participants and sessions",
            "name a file outside of OUT; it is made if missing, and should be kept where the identities are kept",
        )
    known = list(table_visits(key)) if key.exists() else []
    studies = list(_studies(root))
    if not studies:
        raise InputError(f"{root} without a DICOM image", "a BIDS dataset, a table or DICOM studies", "check the path")
    visits = [*known, *_numbered(studies, known)]
    if keep and len(visits) > len(known):
        write_atomic(key, _encoded(visits, key.parent))
    yield from visits


def _numbered(studies: list[_Study], known: list[Visit]) -> Iterator[Visit]:
    """Give the studies that the key does not hold the next free numbers."""
    by_folder = {path: visit for visit in known for path in visit.inputs}
    people = {study.person: by_folder[study.folder].participant for study in studies if study.folder in by_folder}
    taken = {(visit.participant, visit.session) for visit in known}
    free = (f"{number:02d}" for number in count(1))
    for study in sorted(studies, key=lambda study: (study.visit, study.folder)):
        if study.folder in by_folder:
            continue
        # Without an identifier nothing says that two studies are of one person.
        participant = people.get(study.person) if any(study.person) else None
        if participant is None:
            participant = next(label for label in free if label not in {person for person, _ in taken})
            people[study.person] = participant
        session = next(label for label in (f"{number:02d}" for number in count(1)) if (participant, label) not in taken)
        taken.add((participant, session))
        yield Visit(participant, session, (study.folder,))


def _studies(root: Path) -> Iterator[_Study]:
    """Yield the topmost folders that hold one study each."""
    found = [(folder, frame) for folder, frame in _leaves(root)]
    for top in sorted(path for path in root.iterdir() if path.is_dir()):
        yield from _split(top.resolve(), [(folder, frame) for folder, frame in found if folder.is_relative_to(top)])


def _split(folder: Path, leaves: list[tuple[Path, Frame]]) -> Iterator[_Study]:
    if not leaves:
        return
    parts: dict[Path, list[tuple[Path, Frame]]] = {}
    for leaf, frame in leaves:
        below = leaf.relative_to(folder).parts
        parts.setdefault(folder / below[0] if below else folder, []).append((leaf, frame))
    one = len({(frame.visit, frame.patient) for _, frame in leaves}) == 1
    # A folder that cannot be split any further is one study, whatever it holds; reading it says what is wrong.
    if one or folder in parts:
        yield _Study(str(folder), leaves[0][1].patient, leaves[0][1].visit)
        return
    for child in sorted(parts):
        yield from _split(child, parts[child])


def _leaves(root: Path) -> Iterator[tuple[Path, Frame]]:
    """Yield each folder that holds DICOM images itself, with one of them."""
    for folder, subfolders, names in os.walk(root.resolve()):
        subfolders.sort()
        for name in sorted(names)[:_TRIED]:
            frames = read_file(Path(folder, name))
            if isinstance(frames, list) and frames:
                yield Path(folder), frames[0]
                break


def _encoded(visits: list[Visit], folder: Path) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    rows.writerow(COLUMNS)
    for visit in visits:
        paths = (os.path.relpath(path, folder.resolve()) for path in visit.inputs)
        rows.writerow((visit.participant, visit.session, ";".join(paths)))
    return text.getvalue().encode()
