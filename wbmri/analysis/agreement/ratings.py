"""What several readers gave to the same visits, from cases, single readings, and tidy tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.case import cases_at, natural_sort_key, read_reading, signed_readings
from wbmri.core import AUTO, InputError, Reading, read_table
from wbmri.core.scheme import Scheme, load_scheme

GRADES = 3
"""Grades 0, 1 and 2."""

MISSING = -1
"""Stands in `Ratings.grades` where a reader gave no grade."""


@dataclass(frozen=True, slots=True)
class Rating:
    """The grades one reader gave at one visit.

    Parameters
    ----------
    participant, session
        Whose visit it is.
    reader
        Who read it; ``"auto"`` for the program.
    grades
        One per group of the scheme, by label; ``None`` where not assessable.
    """

    participant: str
    session: str
    reader: str
    grades: tuple[int | None, ...]

    @classmethod
    def of(cls, participant: str, session: str, reading: Reading) -> Self:
        """Take the grades of a reading."""
        return cls(participant, session, reading.reader, tuple(entry.grade for entry in reading.groups))


@dataclass(frozen=True, eq=False, slots=True)
class Ratings:
    """The grades of several readers at the same visits.

    Parameters
    ----------
    scheme
        The scheme all of them followed.
    readers
        Their names, in order; a second reading of the same visits by one reader counts as another reader.
    visits
        Participant and session, sorted.
    grades
        Shape (visits, readers, groups); `MISSING` where the reader gave none.
    read
        Whether the reader read the visit at all, shape (visits, readers).
    notes
        What was left out when they were gathered, one sentence each.
    """

    scheme: Scheme
    readers: tuple[str, ...]
    visits: tuple[tuple[str, str], ...]
    grades: NDArray[np.int8]
    read: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, ratings: Iterable[Rating], scheme: Scheme, notes: Iterable[str] = ()) -> Self:
        """Arrange ratings by visit and reader.

        A reader's second reading of a visit becomes that of ``<reader> (repeat 2)``, and so on in the order given.

        Raises
        ------
        InputError
            If a rating has another number of groups than the scheme, or a grade other than 0, 1 and 2.
        """
        seen: Counter[tuple[str, str, str]] = Counter()
        found: list[Rating] = []
        for rating in ratings:
            _check(rating, scheme)
            key = (rating.participant, rating.session, rating.reader)
            seen[key] += 1
            name = rating.reader if seen[key] == 1 else f"{rating.reader} (repeat {seen[key]})"
            found.append(replace(rating, reader=name))
        readers = tuple(
            sorted({rating.reader for rating in found}, key=lambda one: (not is_program(one), natural_sort_key(one))),
        )
        visits = tuple(sorted({(rating.participant, rating.session) for rating in found}, key=_visit_order))
        grades = np.full((len(visits), len(readers), len(scheme.groups)), MISSING, np.int8)
        read = np.zeros(grades.shape[:2], np.bool_)
        rows = {visit: row for row, visit in enumerate(visits)}
        columns = {name: column for column, name in enumerate(readers)}
        for rating in found:
            place = rows[rating.participant, rating.session], columns[rating.reader]
            grades[place] = [MISSING if grade is None else grade for grade in rating.grades]
            read[place] = True
        return cls(scheme, readers, visits, grades, read, tuple(notes))

    def of_readers(self, readers: Iterable[str]) -> Self:
        """Return the ratings of some readers, at the visits that at least two of them read.

        Raises
        ------
        InputError
            If a reader is not among them.
        """
        names = tuple(readers)
        unknown = [name for name in names if name not in self.readers]
        if unknown:
            raise InputError(
                f"the reader {unknown[0]!r}",
                f"one of {', '.join(self.readers)}",
                "name readers of these readings",
            )
        columns = np.array([self.readers.index(name) for name in names], np.intp)
        rows = np.flatnonzero(self.read[:, columns].sum(axis=1) >= 2)
        return replace(
            self,
            readers=names,
            visits=tuple(self.visits[row] for row in rows),
            grades=self.grades[np.ix_(rows, columns)],
            read=self.read[np.ix_(rows, columns)],
        )

    @property
    def participants(self) -> tuple[str, ...]:
        """Every person once, in order."""
        return tuple(dict.fromkeys(participant for participant, _ in self.visits))


def is_program(reader: str) -> bool:
    """Whether a reader of `Ratings` is the program, at its first or a repeated reading."""
    return reader == AUTO or reader.startswith(f"{AUTO} (repeat ")


def _visit_order(visit: tuple[str, str]) -> tuple[tuple[tuple[int, int | str], ...], ...]:
    return natural_sort_key(visit[0]), natural_sort_key(visit[1])


def _check(rating: Rating, scheme: Scheme) -> None:
    whose = f"sub-{rating.participant} ses-{rating.session} by {rating.reader}"
    if len(rating.grades) != len(scheme.groups):
        raise InputError(
            f"{len(rating.grades)} grades for {whose}",
            f"the {len(scheme.groups)} groups of the scheme {scheme.name}",
            "compare readings of one scheme",
        )
    wrong = [grade for grade in rating.grades if grade not in (None, 0, 1, 2)]
    if wrong:
        raise InputError(f"the grade {wrong[0]!r} for {whose}", "0, 1, 2 or none", "correct the grade")


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
                self._take_read(case.participant, case.session, signed.reading)

    def take_reading(self, file: Path) -> None:
        document = read_reading(file)
        self._take_read(document.participant, document.session, document.reading)

    def _take_read(self, participant: str, session: str, reading: Reading) -> None:
        self._use_scheme(reading.scheme)
        review = reading.review
        taken = self._take(Rating.of(participant, session, reading), addendum=review is not None and review.run > 1)
        if taken and review is not None:
            self.seen[reading.reader] += len(review.suggestion_seen)

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
                    "independent of the program, nor of others who had seen it.",
                )
        return said


def _meaning(scheme: Scheme) -> tuple[object, ...]:
    """Return what must be equal for grades to mean the same to all readers."""
    return scheme.name, scheme.version, scheme.anchors, tuple(pair.id for pair in scheme.pairs)


def _table_ratings(path: Path, scheme: Scheme) -> Iterator[Rating]:
    """Put the rows of a tidy table together, one rating per visit and reader (and repeat)."""
    places = {key: place for place, group in enumerate(scheme.groups) for key in (str(group.label), group.id)}
    found: dict[tuple[str, str, str, str], list[int | None]] = {}
    table = read_table(path)
    columns = table.columns
    key = "label" if "label" in columns else "group"
    absent = [name for name in ("participant_id", "reader", key, "grade") if name not in columns]
    if absent:
        raise InputError(
            f"{path} without a column {absent[0]!r}",
            "tab-separated columns participant_id, session_id, reader, label or group, grade",
            "add the column; one row per visit, reader and group",
        )
    for row, number in zip(table.rows, table.lines, strict=True):
        place, grade = places.get(row[key]), row["grade"]
        if place is None or grade not in ("0", "1", "2", "n/a"):
            wrong = f"the {key} {row[key]!r}" if place is None else f"the grade {grade!r}"
            raise InputError(
                f"{path}, line {number}, with {wrong}",
                f"a {key} of the scheme {scheme.name} and a grade 0, 1, 2 or n/a",
                "correct the line, or name the scheme with --scheme",
            )
        whose = (
            row["participant_id"].removeprefix("sub-"),
            (row.get("session_id") or "1").removeprefix("ses-"),
            row["reader"],
            row.get("repeat") or "1",
        )
        grades = found.setdefault(whose, [None] * len(scheme.groups))
        grades[place] = None if grade == "n/a" else int(grade)
    for (participant, session, reader, _), grades in sorted(found.items()):
        yield Rating(participant, session, reader, tuple(grades))
