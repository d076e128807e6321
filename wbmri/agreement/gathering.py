"""Readings of several readers from files: cases, single readings, and tidy tables."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wbmri.agreement.ratings import Rating, Ratings
from wbmri.case import cases_at, decode, signed_readings
from wbmri.case.documents import ReadingDocument
from wbmri.errors import InputError
from wbmri.provenance import Json
from wbmri.reading import Reading
from wbmri.scheme import Scheme, load_scheme

CONSENSUS = "consensus"
"""The reader of an adjudicated reading, which depends on those it was made from."""


def read_ratings(paths: Iterable[str | Path], *, readers: Sequence[str] = (), scheme: Scheme | None = None) -> Ratings:
    """Gather readings from files.

    Parameters
    ----------
    paths
        Reading files, folders of cases, OUT folders (each with all readers' readings), or tables (``.tsv``, one row per
        visit, reader and group, with the columns participant_id, session_id, reader, label or group, and grade). Where
        a reader read a visit more than once, the readings count as repeats in the order given.
    readers
        Only these; by default all but the consensus.
    scheme
        The scheme of the tables; those of reading files are stored with them.

    Raises
    ------
    InputError
        If a path holds no readings, a table cannot be understood, or schemes differ.
    CaseError
        If a reading is damaged.
    """
    gathered = _Gathered(tuple(readers), scheme)
    for path in map(Path, paths):
        if path.suffix == ".tsv" and path.is_file():
            gathered.take_table(path)
        else:
            gathered.take_cases(path)
    return Ratings.of(gathered.ratings, gathered.scheme or load_scheme(), gathered.notes())


@dataclass(slots=True)
class _Gathered:
    """Ratings as they come in, and what was left out."""

    readers: tuple[str, ...]
    scheme: Scheme | None
    ratings: list[Rating] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def take_cases(self, path: Path) -> None:
        if path.is_file() and path.name.endswith("_reading.json"):
            self.take_reading(path)
            return
        cases = cases_at(path) if path.is_dir() else ()
        if not cases:
            raise InputError(
                f"{path} without readings",
                "a reading file, the folder of a case, an OUT folder, or a .tsv table with a column reader",
                "name readings that 'wbmri score' or 'wbmri review' wrote",
            )
        for case in cases:
            self.take_reading(case.reading)
            for signed in signed_readings(case):
                self._take_read(case.participant, case.session, signed.reading, run=signed.paths.run)

    def take_reading(self, file: Path) -> None:
        document = decode(ReadingDocument, file.read_bytes(), file)
        run = _review_of(document.reading).get("run")
        self._take_read(
            document.participant, document.session, document.reading, run=run if isinstance(run, int) else 1
        )

    def _take_read(self, participant: str, session: str, reading: Reading, *, run: int) -> None:
        self._use_scheme(reading.scheme)
        if self._take(Rating.of(participant, session, reading), addendum=run > 1):
            seen = _review_of(reading).get("suggestion_seen")
            self.seen[reading.reader] += len(seen) if isinstance(seen, list) else 0

    def take_table(self, path: Path) -> None:
        self.scheme = self.scheme or load_scheme()
        for rating in _table_ratings(path, self.scheme):
            self._take(rating, addendum=False)

    def _take(self, rating: Rating, *, addendum: bool) -> bool:
        """Take a rating if it is to be compared; tell whether it is."""
        if self.readers and rating.reader not in self.readers:
            return False
        if addendum:
            self.left_out["addendum, because it is not independent of the reading it corrects"] += 1
        elif rating.reader == CONSENSUS and not self.readers:
            self.left_out["consensus reading, because it depends on the readings it was made from"] += 1
        else:
            self.ratings.append(rating)
            return True
        return False

    def _use_scheme(self, scheme: Scheme) -> None:
        self.scheme = self.scheme or scheme
        if _meaning(scheme) != _meaning(self.scheme):
            raise InputError(
                f"readings by the schemes {self.scheme.name} {self.scheme.version} and {scheme.name} {scheme.version}",
                "one list of groups with one wording of the grades",
                "compare readings of one scheme",
            )

    def notes(self) -> list[str]:
        said = [f"Left out: {count} {what}." for what, count in sorted(self.left_out.items())]
        for reader, seen in sorted(self.seen.items()):
            if seen:
                given = sum(len(rating.grades) for rating in self.ratings if rating.reader == reader)
                said.append(
                    f"{reader} had seen the automatic grade before giving {seen} of {given} grades: they are not "
                    "independent of the program, nor of others who had seen it."
                )
        return said


def _meaning(scheme: Scheme) -> tuple[object, ...]:
    """Return what must be equal for grades to mean the same to all readers."""
    return scheme.name, scheme.version, scheme.anchors, tuple(pair.id for pair in scheme.pairs)


def _review_of(reading: Reading) -> Mapping[str, Json]:
    """Return how a person read the case, as it was noted when the reading was signed; empty if nobody did."""
    from wbmri.review.finishing import STEP

    return next((step.parameters for step in reversed(reading.provenance) if step.name == STEP), {})


def _table_ratings(path: Path, scheme: Scheme) -> Iterator[Rating]:
    """Put the rows of a tidy table together, one rating per visit and reader (and repeat)."""
    places = {key: place for place, group in enumerate(scheme.groups) for key in (str(group.label), group.id)}
    found: dict[tuple[str, str, str, str], list[int | None]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        columns = rows.fieldnames or ()
        key = "label" if "label" in columns else "group"
        absent = [name for name in ("participant_id", "reader", key, "grade") if name not in columns]
        if absent:
            raise InputError(
                f"{path} without a column {absent[0]!r}",
                "tab-separated columns participant_id, session_id, reader, label or group, grade",
                "add the column; one row per visit, reader and group",
            )
        for number, row in enumerate(rows, start=2):
            place, grade = places.get(row[key] or ""), row["grade"]
            if place is None or grade not in ("0", "1", "2", "n/a"):
                wrong = f"the {key} {row[key]!r}" if place is None else f"the grade {grade!r}"
                raise InputError(
                    f"{path}, line {number}, with {wrong}",
                    f"a {key} of the scheme {scheme.name} and a grade 0, 1, 2 or n/a",
                    "correct the line, or name the scheme with --scheme",
                )
            whose = (
                (row["participant_id"] or "").removeprefix("sub-"),
                (row.get("session_id") or "1").removeprefix("ses-"),
                row["reader"] or "",
                row.get("repeat") or "1",
            )
            grades = found.setdefault(whose, [None] * len(scheme.groups))
            grades[place] = None if grade == "n/a" else int(grade)
    for (participant, session, reader, _), grades in sorted(found.items()):
        yield Rating(participant, session, reader, tuple(grades))
