"""Lay out what became of the grades of disturbed scans: lines to print, and a page of documentation."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from disturbed_rows import CLOSE, SURE, Row
from grading_page import table

from wbmri.simulation.scanner import EFFECTS, NOT_STIR

WRONG_BAR, MILD_BAR, RELIABLE_BAR = 0.01, 0.9, 0.05
"""Aimed at: share of groups that are wrong and sure, of mild totals given and near, and how far confidence may err."""
NEAR = 2
BINS = (0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0001)
LEAST = 40
"""Bins of fewer grades say nothing about reliability."""


def by_kind(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of each disturbance and strength."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kinds.setdefault((row.effect, row.strength), []).append(row)
    return kinds


def total_of(row: Row) -> str:
    """Return the total found, or between which totals it was not decided."""
    if row.given is not None:
        return str(row.given)
    return f"({' or '.join(map(str, row.candidates)) or 'none'})"


def confidence_of(rows: Iterable[Row]) -> float:
    """Return the mean confidence of the grades, 0 where there are none."""
    graded = [c for row in rows for c, found in zip(row.confidence, row.found, strict=True) if found is not None]
    return float(np.mean(graded)) if graded else 0.0


def near(rows: Sequence[Row], most: int) -> float:
    """Return the share of scans whose total was given and is no further off."""
    return float(np.mean([row.given is not None and abs(row.error) <= most for row in rows]))


def printed(rows: Sequence[Row]) -> list[str]:
    """Return a line for each disturbance and strength, under a head."""
    lines = [
        f"{'disturbance':48s} {'strength':9s} {'truth':>12s} {'found':>24s} {'sure, wrong':>11s} {'left out':>8s} "
        f"{'conf.':>6s} {'given':>5s} {'in 2':>5s} {'in 3':>5s}  naive"
    ]
    for (effect, strength), own in by_kind(rows).items():
        truth, found = " ".join(str(sum(row.truth)) for row in own), " ".join(map(total_of, own))
        given = np.mean([row.given is not None for row in own])
        lines.append(
            f"{effect:48s} {strength:9s} {truth:>12s} {found:>24s} {sum(row.sure_and_wrong for row in own):11d} "
            f"{sum(row.left_out for row in own):8d} "
            f"{confidence_of(own):6.2f} {given:5.2f} {near(own, NEAR):5.2f} {near(own, CLOSE):5.2f}  "
            f"{' '.join(str(sum(row.naive)) for row in own)}"
        )
    return lines


def reliability(rows: Iterable[Row]) -> list[tuple[float, float, float, float, int]]:
    """Return for each bin of confidence its ends, the mean that was said, the share that is true, and how many."""
    said, true = [], []
    for row in rows:
        for truth, found, confidence in zip(row.truth, row.found, row.confidence, strict=True):
            if found is not None:
                said.append(confidence)
                true.append(found == truth)
    s, t = np.array(said), np.array(true)
    bins = []
    for low, high in pairwise(BINS):
        inside = (s >= low) & (s < high)
        if inside.any():
            bins.append((low, min(high, 1.0), float(s[inside].mean()), float(t[inside].mean()), int(inside.sum())))
    return bins


def aims(rows: Sequence[Row]) -> list[tuple[str, str, bool]]:
    """Return what is aimed at, what was found, and whether it holds."""
    groups = sum(len(row.truth) for row in rows)
    wrong = sum(row.sure_and_wrong for row in rows) / groups
    holds = float(np.mean([row.holds for row in rows]))
    made = [
        (
            f"at most {100 * WRONG_BAR:.0f} % of groups wrong with confidence {SURE} or more",
            f"{100 * wrong:.2f} % of {groups}",
            wrong <= WRONG_BAR,
        ),
        (
            f"every total within {CLOSE}, or withheld with such a candidate; none for what is not STIR",
            f"{100 * holds:.0f} % of {len(rows)}",
            holds == 1,
        ),
    ]
    mild = [row for row in rows if row.strength == "mild" and row.effect not in NOT_STIR]
    if mild:
        share = near(mild, NEAR)
        made.append(
            (
                f"at the mild strength {100 * MILD_BAR:.0f} % of totals of STIR scans given and within {NEAR}",
                f"{100 * share:.0f} % of {len(mild)}",
                share >= MILD_BAR,
            )
        )
    apart = [abs(said - true) for *_, said, true, count in reliability(rows) if count >= LEAST]
    if apart:
        made.append(
            (
                f"confidence within {100 * RELIABLE_BAR:.0f} % of the share that is true, in every bin",
                f"{100 * max(apart):.0f} % at worst",
                max(apart) <= RELIABLE_BAR,
            )
        )
    return made


def held(rows: Sequence[Row]) -> list[str]:
    """Return lines of what is aimed at, after those of how reliable the confidence is."""
    lines = [
        f"confidence {low:.2f} to {high:.2f}: said {said:.2f}, true {true:.2f} of {count}"
        for low, high, said, true, count in reliability(rows)
    ]
    return [*lines, "", *(f"{'yes' if kept else 'NO ':3s} {aim}: {found}" for aim, found, kept in aims(rows))]


def page(rows: Sequence[Row], former: Sequence[Row], named: Sequence[Row]) -> str:
    """Lay out the page.

    Parameters
    ----------
    rows
        Scans of drawn bodies.
    former
        Scans of either kind, graded by a former version.
    named
        Scans of the given bodies.
    """
    bodies = [str(total) for total in sorted({row.body for row in rows})]
    lines = [
        "# Grades of scans that show what real ones do",
        "",
        "Measured with `python benchmarks/disturbed_scans.py`, true outlines in hand. **These are our own drawings "
        "only:** no real patient and no reader is in them, and what a scanner does is drawn from what is published.",
        "",
        f"{len(rows)} scans of bodies of {' and '.join(', '.join(bodies).rsplit(', ', 1))} points without borderline "
        "groups, children in coarse voxels so that it can be measured in an hour or two. Relaxation times of all "
        "tissues are drawn from published ranges for every scan; one disturbance at a time lies on top, and three at "
        "once in the last lines. "
        "A group is *sure and wrong* where its grade is wrong and its confidence 0.5 or more. Totals that were "
        "withheld stand in brackets, with the totals between which it was not decided. *Left out* are groups without a "
        "grade that STIR shows well enough for one.",
        "",
        "## What is aimed at",
        "",
        *table(
            ("aim", "found", "held"), [(aim, found, "yes" if kept else "**no**") for aim, found, kept in aims(rows)]
        ),
        "## Disturbance by disturbance",
        "",
        "The naive rule takes what is brighter than the scan's own median muscle + 2 standard deviations.",
        "",
        *effects(rows, former),
        "## Is the confidence reliable?",
        "",
        *table(
            ("confidence", "grades", "said on average", "true"),
            [
                (f"{low:.2f} to {high:.2f}", str(count), f"{said:.2f}", f"{true:.2f}")
                for low, high, said, true, count in reliability(rows)
            ],
        ),
    ]
    lines += strengths()
    if named:
        lines += [
            "## Disturbances first seen to go wrong",
            "",
            "Put on given scans of two bodies of another drawing, `--bench DIR --coarser 2`: two voxels in plane are "
            "made one.",
            "",
            *effects(named, former),
        ]
    return "\n".join(lines).rstrip() + "\n"


def strengths() -> list[str]:
    """Tabulate what mild, moderate and strong mean for each disturbance."""
    rows = [
        (name.replace("_", " "), effect.meaning, *(f"{value:g}" for value in effect.values))
        for name, effect in EFFECTS.items()
    ]
    return [
        "## What is put on",
        "",
        "By name, strength and seed with `wbmri.simulation.scanner.Disturbance`, on a drawn body "
        "(`Scan.disturbances`) or on a given scan (`disturb_scan`). Homogeneous oedema makes every group of its region "
        "grade 2; nothing else changes the share of the remaining muscle that is oedematous but by what fat or atrophy "
        "takes away. From 30 % of fat on, or where faults of the scan reach 10 % of the signal of muscle on average, "
        "not to grade a group is right as well.",
        "",
        *table(("disturbance", "measured by", "mild", "moderate", "strong"), rows),
    ]


def effects(rows: Sequence[Row], former: Sequence[Row]) -> list[str]:
    """Tabulate each disturbance and strength, beside the naive rule and a former version."""
    before = {row.name: row for row in former}
    head = ["disturbance", "strength", "true totals", "totals found", "sure and wrong", "left out", "mean confidence"]
    if former:
        head += ["former totals", "former sure and wrong"]
    lines = []
    for kind, own in by_kind(rows).items():
        old = [before[row.name] for row in own if row.name in before]
        line = [kind[0].replace("_", " "), kind[1], " ".join(str(sum(row.truth)) for row in own)]
        line += [" ".join(map(total_of, own)), str(sum(row.sure_and_wrong for row in own))]
        line += [str(sum(row.left_out for row in own)), f"{confidence_of(own):.2f}"]
        if former:
            line += [" ".join(map(total_of, old)), str(sum(row.sure_and_wrong for row in old)) if old else ""]
        lines.append([*line, " ".join(str(sum(row.naive)) for row in own)])
    return table([*head, "naive totals"], lines)
