"""What several readers gave to the same visits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.case import natural
from wbmri.errors import InputError
from wbmri.reading import AUTO, Reading
from wbmri.scheme import Scheme

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
            sorted({rating.reader for rating in found}, key=lambda name: (not is_program(name), natural(name)))
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
                f"the reader {unknown[0]!r}", f"one of {', '.join(self.readers)}", "name readers of these readings"
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
    return natural(visit[0]), natural(visit[1])


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
