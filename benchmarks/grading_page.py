"""Write docs/validation.md and its figure from what the benchmark of grading measured.

    python benchmarks/grading_page.py RESULTS.json... [--out docs/validation.md]

RESULTS.json is what `python benchmarks/grading.py --json RESULTS.json` wrote, or several of them with other parts each.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from grading import ERROR_BAR, KAPPA_BAR, SLOPE_BAR, SPOILT, Group, summary, totals

BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001)
"""Edges of the reliability table's probabilities."""

LEAST = 10
"""Points of the reliability curve stand for at least so many grades."""

FIGURE = Path("images/validation.svg")
"""Where the figure lies, seen from the page."""

Row = Sequence[str]


def table(head: Row, rows: Iterable[Row]) -> list[str]:
    """Lay out a Markdown table."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)] + [""]


def measured(groups: Sequence[Group], *, naive: bool = False) -> Row:
    """Lay out what `summary` says, as one row."""
    found = summary(groups, naive=naive)
    return [
        f"{found['groups']:.0f}",
        f"{found['kappa']:.3f}",
        f"{100 * found['exact']:.1f} %",
        f"{found['mean error of the total']:.2f}",
        f"{found['bias']:+.2f}",
    ]


HEAD = ("groups", "kappa", "exact", "mean error of the total", "bias")


def split(groups: Sequence[Group], title: str, key: Callable[[Group], str]) -> list[str]:
    """Tabulate agreement for each value of something."""
    values = sorted({key(group) for group in groups})
    rows = [[value, *measured([group for group in groups if key(group) == value])] for value in values]
    return [f"## By {title}", "", *table((title, *HEAD), rows)]


def involvement_of(group: Group) -> str:
    """Return the range of true totals a body lies in."""
    low = min(group.total // 14, 5) * 14
    return f"{low:02d} to {low + (13 if low < 70 else 14)} points"


def agreement_page(groups: Sequence[Group]) -> list[str]:
    """Lay out agreement in all, by grade and by what the bodies differ in, and how reliable the probabilities are."""
    ours, naive = summary(groups), summary(groups, naive=True)
    lines = [
        f"{len({group.body for group in groups})} bodies with their true outlines, involvement from 0 to 84 points, a "
        "quarter of the involved groups borderline (40 to 60 % of the muscle at 1.2 to 1.6 times).",
        "",
        *table(
            ("", *HEAD, "slope"),
            [
                ["wbmri", *measured(groups), f"{ours['slope']:.3f}"],
                ["naive: median of all muscle + 2 SD", *measured(groups, naive=True), f"{naive['slope']:.3f}"],
            ],
        ),
        f"Aimed at: kappa at least {KAPPA_BAR}, mean error of the total at most {ERROR_BAR}, slope of the total "
        f"{SLOPE_BAR[0]} to {SLOPE_BAR[1]}.",
        "",
        f"![Totals found beside the true ones, and reliability of the probabilities]({FIGURE.as_posix()})",
        "",
        "## By grade",
        "",
    ]
    counts = np.zeros((3, 4), dtype=int)
    for group in groups:
        counts[group.truth, 3 if group.grade is None else group.grade] += 1
    rows = [[str(truth), *(str(count) for count in counts[truth])] for truth in range(3)]
    lines += table(("truth", "found 0", "found 1", "found 2", "not assessable"), rows)
    lines += split(groups, "involvement", involvement_of)
    lines += split(groups, "habitus", lambda group: group.habitus)
    lines += split(groups, "protocol", lambda group: group.protocol)
    return lines + reliability(groups)


def kind_of(group: Group) -> str:
    """Name the kind of oedema of a group."""
    if group.truth == 0:
        return "none"
    if 0.4 <= group.fraction <= 0.6 and group.ratio <= 1.6:
        return "borderline"
    return "diffuse" if group.diffuse else "patches"


def reliability(groups: Sequence[Group]) -> list[str]:
    """Tabulate how often a grade is true beside how probable it was said to be."""
    lines = [
        "## Are the probabilities reliable?",
        "",
        "Of all grades that were said to be so probable, the share that is true.",
        "",
    ]
    said = np.array([group.probabilities for group in groups if group.probabilities])
    true = np.array([np.arange(3) == group.truth for group in groups if group.probabilities])
    rows = []
    for low, high in pairwise(BINS):
        row = [f"{100 * low:.0f} to {100 * min(high, 1):.0f} %"]
        for grade in range(3):
            inside = (said[:, grade] >= low) & (said[:, grade] < high)
            share = f"{100 * true[inside, grade].mean():.0f} % of {inside.sum()}" if inside.any() else "n/a"
            row.append(share)
        rows.append(row)
    return lines + table(("said", "grade 0", "grade 1", "grade 2"), rows)


def failures(groups: Sequence[Group]) -> list[str]:
    """Tabulate for each kind of oedema how many grades are wrong, and how far off the measured share is."""
    rows = []
    for kind in sorted({kind_of(group) for group in groups}):
        seen = [group for group in groups if kind_of(group) == kind and group.grade is not None]
        apart = np.array([(group.grade or 0) - group.truth for group in seen])
        share = np.array([group.measured - group.fraction for group in seen if group.measured is not None])
        row = [kind, len(seen), (apart < 0).sum(), (apart > 0).sum(), (np.abs(apart) == 2).sum()]
        rows.append([*(str(value) for value in row), f"{share.mean():+.3f}", f"{share.std():.3f}"])
    head = ("kind of oedema", "groups", "too low", "too high", "by two", "mean error of the share", "its SD")
    return [
        "## Where it fails",
        "",
        "Diffuse oedema lies in one piece and shades off: graded too low, it would have been flattened by the field.",
        "",
        *table(head, rows),
    ]


def figure(groups: Sequence[Group], path: Path) -> None:
    """Draw the totals found beside the true ones, and the share of grades that is true beside what was said."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "wbmri", "svg.fonttype": "none", "font.size": 9})
    drawing, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained")
    for naive, name, mark in ((False, "wbmri", "o"), (True, "naive rule", "x")):
        true, found = totals(groups, naive=naive).T
        left.scatter(true, found, s=14, marker=mark, label=name)
    left.plot((0, 84), (0, 84), color="grey", linewidth=0.8)
    left.set(xlabel="true total", ylabel="total found", xlim=(-2, 86), ylim=(-2, 86))
    said = np.array([group.probabilities for group in groups if group.probabilities])
    true = np.array([np.arange(3) == group.truth for group in groups if group.probabilities])
    for grade in range(3):
        inside = [(said[:, grade] >= low) & (said[:, grade] < high) for low, high in pairwise(BINS)]
        drawn = [(said[own, grade].mean(), true[own, grade].mean()) for own in inside if own.sum() >= LEAST]
        right.plot(*np.array(drawn).T, marker="o", markersize=3, label=f"grade {grade}")
    right.plot((0, 1), (0, 1), color="grey", linewidth=0.8)
    right.set(xlabel="probability said", ylabel="share that is true")
    for axes in (left, right):
        axes.legend(frameon=False)
        axes.set_aspect("equal")
    drawing.savefig(path, metadata={"Date": None})


def artefact_page(groups: Sequence[Group]) -> list[str]:
    """Say what becomes of groups that motion or failed fat suppression spoils."""
    rows = []
    for name, chosen in (
        ("spoilt", [group for group in groups if group.spoilt >= SPOILT]),
        ("not spoilt", [group for group in groups if group.spoilt < SPOILT]),
    ):
        out = sum(group.grade is None for group in chosen)
        wrong = sum(group.grade not in (None, group.truth) for group in chosen)
        rows.append([name, str(len(chosen)), str(out), str(wrong)])
    return [
        "## Motion and failed fat suppression",
        "",
        f"{len({group.body for group in groups})} scans. A group is spoilt where ghosts reach, or inversion fails by, "
        f"{100 * SPOILT:.0f} % on average.",
        "",
        *table(("groups", "number", "not assessable", "graded wrongly"), rows),
    ]


def page(results: dict[str, Any]) -> str:
    """Lay out the whole page."""
    lines = [
        "# How far grades can be believed",
        "",
        "Measured on bodies that the project draws and scans itself, with `python benchmarks/grading.py --json FILE`, "
        "and laid out by `python benchmarks/grading_page.py FILE`. They test the way from intensities to grades and "
        "nothing else: no real patient, no reader and no error of an outline is in them. Scans that show what real "
        "ones do stand on [a page of their own](disturbed_scans.md).",
        "",
    ]
    if "agreement" in results:
        groups = [Group(**group) for group in results["agreement"]]
        lines += agreement_page(groups) + failures(groups)
    if "invariance" in results:
        rows = [[body, change, str(before), str(after)] for body, change, before, after in results["invariance"]]
        lines += ["## What must not matter", "", *table(("body", "change", "total before", "after"), rows)]
    if "retest" in results:
        twice = np.array(results["retest"], dtype=float)
        apart = twice[:, 2] - twice[:, 1]
        half = 1.96 * apart.std(ddof=1)
        lines += [
            "## Two scans of one body",
            "",
            f"{len(twice)} bodies; 95 % limits of agreement {apart.mean() - half:+.1f} to {apart.mean() + half:+.1f} "
            "points.",
            "",
        ]
    if "artefacts" in results:
        lines += artefact_page([Group(**group) for group in results["artefacts"]])
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Read the results and write the page."""
    parser = argparse.ArgumentParser(description="Write the page on how far grades can be believed.")
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("docs/validation.md"))
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for path in options.results:
        results |= json.loads(path.read_text("utf-8"))
    options.out.write_text(page(results), "utf-8")
    if "agreement" in results:
        figure([Group(**group) for group in results["agreement"]], options.out.parent / FIGURE)


if __name__ == "__main__":
    main()
