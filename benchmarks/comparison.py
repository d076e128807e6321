"""How well a comparison of two visits holds: against known truth, without any change, and with half of the oedema gone.

    python benchmarks/comparison.py pair OUT/sub-X/ses-A OUT/sub-X/ses-B TRUTH_A.csv TRUTH_B.csv
    python benchmarks/comparison.py bodies [--count 20] [--first 0]

``pair`` holds two scored cases against tables of the true grades (columns label and grade). ``bodies`` renders bodies
with known oedema, lets the same body be scanned twice, lying otherwise, with other noise, shading and gains, and once
more with every second involved group healed; outlines are the true ones, so that grading alone is measured.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from grading_bodies import HABITUS, Trial, involvement, random_scan, scanned

from wbmri.analysis.comparison import Comparison, Transition, compare
from wbmri.case import read_case
from wbmri.core import Reading
from wbmri.grading import grade

LEAST_TOTAL, MOST_TOTAL = 16, 60
"""Range of the true totals at baseline."""


def transitions_right(change: Comparison, truth: Sequence[dict[int, int]]) -> tuple[int, int]:
    """Count the groups assessable at both visits, and those of them whose transition is the true one."""
    judged = [one for one in change.changes if one.transition is not Transition.NOT_ASSESSABLE]
    right = sum(one.transition is Transition.between(truth[0][one.label], truth[1][one.label]) for one in judged)
    return right, len(judged)


def pair(cases: Sequence[Path], tables: Sequence[Path]) -> None:
    """Print the totals, the involved groups and the transitions of two cases beside the truth."""
    readings = [read_case(case).reading for case in cases]
    truth = []
    for table in tables:
        with table.open(newline="") as file:
            truth.append({int(row["label"]): int(row["grade"]) for row in csv.DictReader(file)})
    for name, reading, known in zip("AB", readings, truth, strict=True):
        score, involved = reading.score, sum(value > 0 for value in known.values())
        print(f"{name}: total {score.total} (true {sum(known.values())}), involved {score.involved} (true {involved})")
    right, judged = transitions_right(compare(*readings), truth)
    print(f"transitions right: {right} of {judged} ({right / judged:.0%})")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one body gave: groups that changed though nothing did, and totals before and after half of it healed.

    `marginal` counts those of `changed` that the comparison takes for the same, since their shares are not told apart.
    """

    changed: tuple[str, ...]
    marginal: int
    before: int
    after: int
    true_before: int
    true_after: int
    right: int
    judged: int


def read(trial: Trial) -> Reading:
    """Scan a body and grade it within its true outlines."""
    case = scanned(trial)
    return grade(case.volume, case.labels)


def body(number: int) -> Outcome:
    """Scan one body three times: twice without any change, and once with every second involved group healed."""
    rng = np.random.default_rng([7, number])
    involved = involvement(int(rng.integers(LEAST_TOTAL, MOST_TOTAL + 1)), number)
    shift = (float(rng.uniform(0, 1)), float(rng.uniform(0, 1)), float(rng.uniform(0, 1)))
    habitus = list(HABITUS)[number % len(HABITUS)]
    first = Trial(habitus, "1.5 T, TE 60 ms", involved, random_scan(rng, number), pattern=number)
    again = replace(first, scan=random_scan(rng, number + 1000), lying=shift)
    healed = {label: kind for place, (label, kind) in enumerate(sorted(involved.items())) if place % 2}
    better = replace(again, involved=healed)
    readings = [read(trial) for trial in (first, again, better)]
    unchanged, improved = compare(readings[0], readings[1]), compare(readings[0], readings[2])
    right, judged = transitions_right(improved, (first.truth, better.truth))
    return Outcome(
        changed=tuple(changed_though_nothing_did(unchanged, first)),
        marginal=len(unchanged.marginal),
        before=improved.before.total,
        after=improved.after.total,
        true_before=first.total,
        true_after=better.total,
        right=right,
        judged=judged,
    )


def changed_though_nothing_did(change: Comparison, trial: Trial) -> Iterator[str]:
    """Say of each group with another grade how it was graded at both scans, with the evidence, and what is true."""
    entries = ({entry.label: entry for entry in reading.groups} for reading in (change.baseline, change.followup))
    first, again = entries
    for group, one in change.by_group():
        if one.delta in (0, None):
            continue
        kind = trial.involved.get(group.label)
        true = "no oedema" if kind is None else f"{kind.fraction:.0%} at {kind.ratio:.2f}{' diffuse' * kind.diffuse}"
        seen = ", then ".join(
            f"{entry.grade} ({entry.evidence.oedema_fraction:.1%}, median {entry.evidence.median_ratio:.2f})"
            for entry in (first[group.label], again[group.label])
            if entry.evidence is not None
        )
        counted = "not told apart" if one.marginal else str(one.transition)
        yield f"{group.id}: {seen}, {counted}; true {trial.truth[group.label]}, {true}"


def bodies(first: int, count: int) -> None:
    """Print what every body gave as soon as it is known, and the sum of it."""
    print("body  other grade, told apart though nothing changed  total before -> after (true)  transitions right")
    made = []
    for number in range(first, first + count):
        one = body(number)
        made.append(one)
        true = f"({one.true_before} -> {one.true_after})"
        totals = f"{one.before:12d} -> {one.after:5d} {true:>10s}"
        counted = f"{len(one.changed):11d}, {len(one.changed) - one.marginal:10d}"
        print(f"{number:4d}  {counted:45s}  {totals}  {one.right}/{one.judged}", flush=True)
        for said in one.changed:
            print(f"      {said}", flush=True)
    print(
        f"nothing changed: at most {max(len(one.changed) for one in made)} groups with another grade, "
        f"{max(len(one.changed) - one.marginal for one in made)} of them taken for a change; "
        f"{sum(one.after < one.before for one in made)} of {len(made)} seen to improve; transitions right "
        f"{sum(one.right for one in made) / sum(one.judged for one in made):.1%}",
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    of_pair = kinds.add_parser("pair")
    for name in ("baseline", "followup", "truth_baseline", "truth_followup"):
        of_pair.add_argument(name, type=Path)
    of_bodies = kinds.add_parser("bodies")
    of_bodies.add_argument("--count", type=int, default=20)
    of_bodies.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    if given.kind == "pair":
        pair((given.baseline, given.followup), (given.truth_baseline, given.truth_followup))
    else:
        bodies(given.first, given.count)


if __name__ == "__main__":
    main()
