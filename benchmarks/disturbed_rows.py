"""One row for each scan that was graded with disturbances, and the table of rows on disk."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from grading import naive_grades

from wbmri.core import LabelMap, Reading, Volume
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade
from wbmri.simulation.scanner import NOT_STIR, GroupTruth

SURE = 0.5
"""A grade that is wrong must not have a confidence of so much."""
CLOSE = 3
"""A total is close if it is no further off."""

Name = tuple[str, str, int]
"""Disturbance, its strength, and the true total of the body without it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One scan: truth, what was found, and with what confidence, group by group.

    Parameters
    ----------
    effect, strength, body
        Disturbance, its strength, and the true total of the body without it.
    given
        The total that was given; None where it was withheld.
    candidates
        The totals shown where it was withheld.
    truth, gradable, found, confidence, naive
        By label: true grade, whether STIR shows enough for one, the grade (None where none was given), its confidence,
        and that of the naive rule.
    """

    effect: str
    strength: str
    body: int
    given: int | None
    candidates: tuple[int, ...]
    truth: tuple[int, ...]
    gradable: tuple[bool, ...]
    found: tuple[int | None, ...]
    confidence: tuple[float, ...]
    naive: tuple[int, ...]

    @property
    def name(self) -> Name:
        """Effect, strength and body."""
        return self.effect, self.strength, self.body

    @property
    def error(self) -> int:
        """What was found less what is true, over the groups that have a grade."""
        return sum(found - truth for found, truth in zip(self.found, self.truth, strict=True) if found is not None)

    @property
    def naive_error(self) -> int:
        """What the naive rule finds less what is true."""
        return sum(self.naive) - sum(self.truth)

    @property
    def sure_and_wrong(self) -> int:
        """How many groups have a grade that is wrong and a confidence of a half or more."""
        return sum(
            found not in (None, truth) and confidence >= SURE
            for found, truth, confidence in zip(self.found, self.truth, self.confidence, strict=True)
        )

    @property
    def left_out(self) -> int:
        """How many groups that STIR shows well enough have no grade."""
        return sum(found is None and gradable for found, gradable in zip(self.found, self.gradable, strict=True))

    @property
    def holds(self) -> bool:
        """Whether the total is close, or was withheld with such a candidate; what is not STIR has none."""
        if self.effect in NOT_STIR:
            return self.given is None
        if self.given is not None:
            return abs(self.error) <= CLOSE
        true = sum(self.truth)
        return any(abs(candidate - true) <= CLOSE for candidate in self.candidates)

    @classmethod
    def of(cls, name: Name, volume: Volume, labels: LabelMap, truth: Mapping[int, GroupTruth]) -> Self:
        """Grade a scan and put it beside its truth; groups that are not in view count for nothing."""
        reading = grade(volume, labels)
        naive = naive_grades(volume, labels)
        rule = load_scheme().grading
        entries = [entry for entry in reading.groups if entry.label in truth]
        given, candidates = totals_of(reading)
        return cls(
            *name,
            given,
            candidates,
            tuple(truth[entry.label].grade(rule) for entry in entries),
            tuple(truth[entry.label].gradable for entry in entries),
            tuple(entry.grade for entry in entries),
            tuple(round(entry.confidence, 3) for entry in entries),
            tuple(naive[entry.label] for entry in entries),
        )


def totals_of(reading: Reading) -> tuple[int | None, tuple[int, ...]]:
    """Return the total that a reading gives, if it gives one, and those between which it cannot decide."""
    return reading.score.total, tuple(candidate.total for candidate in reading.score.candidates)


def read_rows(path: Path) -> list[Row]:
    """Read the rows that were measured before."""
    if not path.exists():
        return []

    def many(text: str, kind: Any) -> tuple[Any, ...]:
        return tuple(None if part == "-" else kind(part) for part in text.split())

    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(
                line["effect"],
                line["strength"],
                int(line["body"]),
                None if line["given"] == "-" else int(line["given"]),
                many(line["candidates"], int),
                many(line["truth"], int),
                tuple(part == "1" for part in line["gradable"].split()),
                many(line["found"], int),
                many(line["confidence"], float),
                many(line["naive"], int),
            )
            for line in csv.DictReader(file)
        ]


def add_row(path: Path, row: Row) -> None:
    """Add a row to a table, which is begun where there is none."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        if new:
            table.writerow([each.name for each in fields(Row)])
        table.writerow([written(getattr(row, each.name)) for each in fields(Row)])


def written(value: object) -> str:
    """Lay out a value of a row, or several."""
    if isinstance(value, tuple):
        return " ".join(written(each) for each in value)
    return "-" if value is None else str(int(value) if isinstance(value, bool) else value)
