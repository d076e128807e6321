"""Measure how long an analysis of agreement takes, on readings whose errors are drawn.

    python benchmarks/agreement.py [--readings 1000] [--rounds 1000] [--json FILE]

Analyses as many readings of 42 groups with two, with four and with five readers (the fifth is the program), two
visits per patient, and prints the seconds (of one core, so that other work on the machine does not count) and how
many times longer the plain way would take: drawing the patients' readings anew in every round and calculating every
figure from them (measured on a few rounds). Also prints how long reading the same readings from a table takes. The
bar is 10 s for 1,000 readings and 1,000 rounds by two readers on one core.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from wbmri.analysis.agreement import Rating, Ratings, agree, read_ratings
from wbmri.core.scheme import Scheme, load_scheme

BAR_S = 10.0
PLAIN_ROUNDS = 5
READERS = ("ab", "cd", "ef", "gh", "auto")


@dataclass(frozen=True)
class Timing:
    """What was measured for one number of readers."""

    readers: int
    readings: int
    rounds: int
    seconds: float
    plain_seconds: float
    table_seconds: float

    @property
    def ratio(self) -> float:
        """How many times longer the plain way takes."""
        return self.plain_seconds / self.seconds


def drawn_ratings(readings: int, readers: Sequence[str], scheme: Scheme) -> Ratings:
    """Draw patients of all degrees at two visits, read with errors; one group in fifty is not assessable."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(readings // (2 * len(readers))):
        severity = rng.uniform(0.2, 2.4)
        for place, session in enumerate(("baseline", "month6")):
            truth = rng.normal(severity - 0.7 * place, 0.5, len(scheme.groups))
            for reader in readers:
                read = np.clip(np.rint(truth + rng.normal(0.0, 0.3, truth.size)), 0, 2).astype(int)
                gone = rng.random(truth.size) < 0.02
                grades = tuple(None if out else int(grade) for grade, out in zip(read, gone, strict=True))
                found.append(Rating(f"{number:04d}", session, reader, grades))
    return Ratings.of(found, scheme)


def plain_seconds(ratings: Ratings, rounds: int) -> float:
    """Seconds that `rounds` rounds of drawing readings and analysing them would take."""
    rng = np.random.default_rng(1)
    by_person: dict[str, list[Rating]] = {}
    for row, (participant, session) in enumerate(ratings.visits):
        for column, reader in enumerate(ratings.readers):
            grades = tuple(None if grade < 0 else int(grade) for grade in ratings.grades[row, column])
            by_person.setdefault(participant, []).append(Rating(participant, session, reader, grades))
    people = list(by_person)
    start = time.process_time()
    for _ in range(PLAIN_ROUNDS):
        drawn = rng.integers(0, len(people), len(people))
        again = [
            Rating(f"{number:04d}", rating.session, rating.reader, rating.grades)
            for number, person in enumerate(drawn)
            for rating in by_person[people[person]]
        ]
        agree(Ratings.of(again, ratings.scheme), rounds=1)
    return (time.process_time() - start) / PLAIN_ROUNDS * rounds


def table_seconds(ratings: Ratings, scheme: Scheme) -> float:
    """Seconds to read the readings from a tidy table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scores.tsv")
        lines = ["participant_id\tsession_id\treader\tlabel\tgrade"]
        for row, (participant, session) in enumerate(ratings.visits):
            for column, reader in enumerate(ratings.readers):
                grades = zip(scheme.groups, ratings.grades[row, column], strict=True)
                lines += [
                    f"sub-{participant}\tses-{session}\t{reader}\t{group.label}\t{grade if grade >= 0 else 'n/a'}"
                    for group, grade in grades
                ]
        path.write_text("\n".join(lines))
        start = time.process_time()
        again = read_ratings([path])
        seconds = time.process_time() - start
    assert (again.grades == ratings.grades).all()
    return seconds


def main() -> int:
    """Measure, print, and return 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    scheme = load_scheme()
    agree(drawn_ratings(40, READERS[:2], scheme), rounds=10)  # what is imported on first use is not measured
    found = []
    print(f"{'readers':>8} {'readings':>9} {'rounds':>7} {'seconds':>8} {'plain way':>10} {'ratio':>7} {'table':>7}")
    for count in (2, 4, 5):
        ratings = drawn_ratings(options.readings, READERS[:count], scheme)
        start = time.process_time()
        agree(ratings, rounds=options.rounds)
        seconds = time.process_time() - start
        timing = Timing(
            count,
            int(ratings.read.sum()),
            options.rounds,
            seconds,
            plain_seconds(ratings, options.rounds),
            table_seconds(ratings, scheme),
        )
        found.append(timing)
        print(
            f"{timing.readers:>8} {timing.readings:>9} {timing.rounds:>7} {timing.seconds:>8.2f} "
            f"{timing.plain_seconds:>10.0f} {timing.ratio:>7.0f} {timing.table_seconds:>7.2f}",
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(timing) for timing in found], indent=2) + "\n")
    print(f"two readers: {found[0].seconds:.2f} s, bar {BAR_S:g} s")
    return int(found[0].seconds > BAR_S)


if __name__ == "__main__":
    sys.exit(main())
