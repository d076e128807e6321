"""Measure how well the grades of a scan hold, on bodies whose oedema is known.

    python benchmarks/grading.py [--bodies 100] [--only agreement,invariance,retest,artefacts,timing] [--json FILE]
                                 [--keep DIR]

Draws and scans bodies (`wbmri.simulation`), always the same, with their true outlines: involvement evenly from 0 to
84 points, a quarter of the involved groups on the border of the grades (40 to 60 % of the muscle at 1.2 to 1.6 times),
stations with their own gains, shading, noise, bright marrow and subcutis. Prints the agreement of the grades with the
truth beside that of a naive rule (above the scan's own median muscle + 2 standard deviations), what changes of gain,
field, stations, storage and resolution do to the total, how much two scans of one body differ, what becomes of groups
that motion or failed fat suppression spoils, and times.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from grading_bodies import HABITUS, Case, Trial, involvement, random_scan, resampled, scanned, spread_trials
from numpy.typing import NDArray

from wbmri.core import LabelMap, Reading, Volume
from wbmri.grading import grade
from wbmri.io.stitching import compose
from wbmri.simulation.scanner import Artefacts

SEED = 4
KAPPA_BAR, ERROR_BAR, SLOPE_BAR = 0.90, 1.5, (0.97, 1.03)
SHIFT_BAR, RETEST_BAR = 1, 2.0
WHOLE_BODY_S, GROUP_S = 5.0, 0.05
SPOILT = 0.25
"""A group counts as spoilt where ghosts reach, or inversion fails by, this share on average."""


@dataclass(frozen=True)
class Group:
    """One group of one body: truth, reading and what the naive rule says."""

    body: int
    label: int
    habitus: str
    protocol: str
    total: int
    fraction: float
    ratio: float
    diffuse: bool
    truth: int
    grade: int | None
    naive: int
    measured: float | None
    probabilities: tuple[float, float, float] | None
    spoilt: float = 0.0
    reason: str | None = None


def weighted_kappa(truth: Sequence[int], found: Sequence[int]) -> float:
    """Linearly weighted kappa of grades 0..2."""
    seen = np.zeros((3, 3))
    np.add.at(seen, (np.asarray(truth), np.asarray(found)), 1 / len(truth))
    weight = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) / 2
    expected = float((weight * np.outer(seen.sum(1), seen.sum(0))).sum())
    return 1.0 if expected == 0 else 1.0 - float((weight * seen).sum()) / expected


def naive_grades(volume: Volume, labels: LabelMap) -> dict[int, int]:
    """Grade by the voxels above the scan's own median muscle + 2 standard deviations."""
    inside = volume.data[labels.data > 0]
    limit = np.median(inside) + 2 * inside.std()
    every = np.bincount(labels.data.ravel(), minlength=43)
    bright = np.bincount(labels.data[volume.data > limit].ravel(), minlength=43)
    share = bright / np.maximum(every, 1)
    return {label: 0 if share[label] <= 0.025 else 1 if share[label] < 0.5 else 2 for label in range(1, 43)}


def graded(number: int, trial: Trial, case: Case) -> list[Group]:
    """Grade a body and put each group beside its truth."""
    reading = grade(case.volume, case.labels)
    naive, truth = naive_grades(case.volume, case.labels), trial.truth
    spoilt = spoilt_shares(case)
    return [
        Group(
            number,
            entry.label,
            trial.habitus,
            trial.protocol,
            trial.total,
            own.fraction if (own := trial.involved.get(entry.label)) else 0.0,
            own.ratio if own else 1.0,
            bool(own and own.diffuse),
            truth[entry.label],
            entry.grade,
            naive[entry.label],
            entry.evidence.oedema_fraction if entry.evidence else None,
            entry.probabilities,
            spoilt.get(entry.label, 0.0),
            str(entry.reason) if entry.reason else None,
        )
        for entry in reading.groups
    ]


def spoilt_shares(case: Case) -> dict[int, float]:
    """Mean of ghosts and of failed inversion in each group."""
    made: dict[int, float] = {}
    flat = case.labels.data.ravel()
    size = np.maximum(np.bincount(flat, minlength=43), 1)
    for fault in (case.scanned.ghosts, case.scanned.failure):
        if fault is not None:
            mean = np.bincount(flat, weights=fault.ravel(), minlength=43) / size
            made = {label: max(made.get(label, 0.0), float(mean[label])) for label in range(1, 43)}
    return made


def agreement(count: int, keep: Path | None) -> list[Group]:
    """Grade bodies of every involvement; those that a folder keeps from a run that was stopped are not graded again."""
    made = []
    for number, trial in enumerate(spread_trials(count, SEED)):
        kept = keep / f"body-{number:03d}-of-{count}.json" if keep else None
        if kept and kept.exists():
            groups = [Group(**group) for group in json.loads(kept.read_text("utf-8"))]
        else:
            groups = graded(number, trial, scanned(trial))
        if kept and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps([asdict(group) for group in groups]), "utf-8")
        found = sum(group.grade or 0 for group in groups)
        print(f"body {number:3d} {trial.habitus:12s} {trial.protocol:16s} true {trial.total:2d} found {found:2d}")
        sys.stdout.flush()
        made += groups
    return made


def totals(groups: Iterable[Group], *, naive: bool = False) -> NDArray[np.float64]:
    """Return true and found total of each body, shape (n, 2); what is not assessable is prorated."""
    bodies: dict[int, list[Group]] = {}
    for group in groups:
        bodies.setdefault(group.body, []).append(group)
    rows = []
    for own in bodies.values():
        found = [group.naive if naive else group.grade for group in own]
        known = [value for value in found if value is not None]
        rows.append((own[0].total, sum(known) * len(found) / len(known)))
    return np.array(rows, dtype=np.float64)


def summary(groups: Sequence[Group], *, naive: bool = False) -> dict[str, float]:
    """Kappa, exact agreement, error, bias and slope of the totals."""
    pairs = [(g.truth, g.naive if naive else g.grade) for g in groups if naive or g.grade is not None]
    truth, found = [a for a, _ in pairs], [b for _, b in pairs if b is not None]
    sums = totals(groups, naive=naive)
    error = sums[:, 1] - sums[:, 0]
    spread = np.ptp(sums[:, 0]) > 0
    return {
        "groups": len(truth),
        "kappa": weighted_kappa(truth, found),
        "exact": float(np.mean(np.array(truth) == np.array(found))),
        "mean error of the total": float(np.abs(error).mean()),
        "bias": float(error.mean()),
        "slope": float(np.polyfit(sums[:, 0], sums[:, 1], 1)[0]) if spread else float("nan"),
    }


def invariance() -> list[tuple[str, str, int, int]]:
    """Change what must not matter: the body, the change, and the total before and after."""
    made = []
    for habitus, total in (("child", 24), ("heavy child", 48), ("adult", 66)):
        rng = np.random.default_rng([SEED, total])
        trial = Trial(habitus, "1.5 T, TE 60 ms", involvement(total, SEED), random_scan(rng, total), total)
        case = scanned(trial)
        before = total_of(grade(case.volume, case.labels))
        for name, volume, labels in changed(case):
            after = total_of(grade(volume, labels))
            made.append((f"{habitus}, {total} points", name, before, after))
            print(f"{habitus:12s} {name:32s} {before:3d} -> {after:3d}")
            sys.stdout.flush()
    return made


def total_of(reading: Reading) -> int:
    """Sum of the grades."""
    return reading.score.whole.total


def changed(case: Case) -> Iterable[tuple[str, Volume, LabelMap]]:
    """Yield the scan with each thing changed that must not matter."""
    volume, labels = case.volume, case.labels
    for gain in (0.1, 10.0):
        yield f"gain x {gain:g}", replace(volume, data=volume.data * np.float32(gain)), labels
    x, y, z = (np.linspace(-1, 1, n) for n in volume.shape)
    for name, shape in (
        ("field +-30 %, along the body", np.sin(2.2 * z)[None, None, :]),
        ("field +-30 %, across the body", np.sin(1.6 * x + 0.4)[:, None, None] * np.cos(0.5 * y)[None, :, None]),
    ):
        field = (1 + 0.3 * np.broadcast_to(shape, volume.shape)).astype(np.float32)
        yield name, replace(volume, data=volume.data * field), labels
    signs = np.resize([0.8, 1.2], len(case.stations))
    turned = tuple(replace(s, data=s.data * np.float32(g)) for s, g in zip(case.stations, signs, strict=True))
    yield "station gains +-20 %", compose(turned), labels
    yield "stored another way", *stored(volume, labels)
    for factor in (0.8, 1.2):
        yield f"voxels x {factor:g} in plane", *resampled(volume, labels, factor)


def stored(volume: Volume, labels: LabelMap) -> tuple[Volume, LabelMap]:
    """Permute and flip the voxels."""
    move = np.zeros((4, 4))
    move[3, 3] = 1
    for new, (old, sign) in enumerate(((2, -1), (0, 1), (1, -1))):
        move[old, new] = sign
        move[old, 3] = volume.shape[old] - 1 if sign < 0 else 0

    def turned(data: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.flip(np.transpose(data, (2, 0, 1)), (0, 2))

    again = Volume(turned(volume.data), volume.affine @ move, volume.acquisition)
    return again, LabelMap(turned(labels.data), again.affine, labels.scheme, labels.engine, labels.confidence)


def retest(count: int) -> list[tuple[int, int, int]]:
    """Scan bodies twice, lying elsewhere, with new noise, shading and gains: true total and both readings."""
    made = []
    for number in range(count):
        rng = np.random.default_rng([SEED, 500 + number])
        total = int(rng.integers(4, 80))
        habitus = list(HABITUS)[number % len(HABITUS)]
        found = []
        for visit in range(2):
            own = np.random.default_rng([SEED, 500 + number, visit])
            lying = tuple(float(v) for v in own.uniform(0, 1, 3)) if visit else (0.0, 0.0, 0.0)
            scan = random_scan(own, 10 * number + visit)
            trial = Trial(habitus, "1.5 T, TE 60 ms", involvement(total, 500 + number), scan, number, lying)
            case = scanned(trial)
            found.append(total_of(grade(case.volume, case.labels)))
        made.append((total, found[0], found[1]))
        print(f"twice {number:2d} {habitus:12s} true {total:2d} found {found[0]:2d} and {found[1]:2d}")
        sys.stdout.flush()
    return made


def artefacts(count: int) -> list[Group]:
    """Grade bodies with motion or failed fat suppression somewhere."""
    made = []
    for number in range(count):
        rng = np.random.default_rng([SEED, 900 + number])
        total = int(rng.integers(0, 70))
        faults = Artefacts(ghosts=0.35, seed=number) if number % 2 else Artefacts(inversion=0.55, seed=number)
        scan = random_scan(rng, number, faults)
        habitus = list(HABITUS)[number % len(HABITUS)]
        trial = Trial(habitus, "1.5 T, TE 60 ms", involvement(total, 900 + number), scan, number)
        groups = graded(number, trial, scanned(trial))
        kind = "motion" if number % 2 else "fat"
        hit = [group for group in groups if group.spoilt >= SPOILT]
        out = [group for group in groups if group.grade is None]
        print(f"{kind:6s} {number:2d} spoilt {len(hit):2d} groups, not assessable {len(out):2d}")
        sys.stdout.flush()
        made += groups
    return made


def timing() -> dict[str, float]:
    """Time grading of a whole body at the resolution of the clinic, and of one group after an edit."""
    from grading_timing import measure

    return measure()


def main() -> int:
    """Run the parts that are asked for."""
    parts = ("agreement", "invariance", "retest", "artefacts", "timing")
    parser = argparse.ArgumentParser(description="Measure how well the grades of a scan hold.")
    parser.add_argument("--bodies", type=int, default=100)
    parser.add_argument("--only", default=",".join(parts))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder of bodies graded before, by the same version")
    options = parser.parse_args()
    wanted = options.only.split(",")
    start = time.perf_counter()
    results: dict[str, object] = {}
    passed = []
    if "agreement" in wanted:
        groups = agreement(options.bodies, options.keep)
        results["agreement"] = [asdict(group) for group in groups]
        ours, naive = summary(groups), summary(groups, naive=True)
        print(f"{'':26s} {'wbmri':>8s} {'naive':>8s}")
        for name, value in ours.items():
            print(f"{name:26s} {value:8.3f} {naive[name]:8.3f}")
        passed += [
            (f"kappa at least {KAPPA_BAR}", ours["kappa"] >= KAPPA_BAR),
            (f"mean error of the total at most {ERROR_BAR}", ours["mean error of the total"] <= ERROR_BAR),
            (f"slope within {SLOPE_BAR}", SLOPE_BAR[0] <= ours["slope"] <= SLOPE_BAR[1]),
        ]
    if "invariance" in wanted:
        results["invariance"] = rows = invariance()
        passed.append((f"total within {SHIFT_BAR} whatever changes", all(abs(a - b) <= SHIFT_BAR for *_, a, b in rows)))
    if "retest" in wanted:
        results["retest"] = twice = retest(12)
        apart = np.array([b - a for _, a, b in twice], dtype=float)
        low, high = (float(apart.mean() + sign * 1.96 * apart.std(ddof=1)) for sign in (-1, 1))
        print(f"95 % limits of agreement of two scans: {low:+.2f} to {high:+.2f}")
        passed.append((f"limits of agreement within +-{RETEST_BAR}", max(-low, high) <= RETEST_BAR))
    if "artefacts" in wanted:
        results["artefacts"] = [asdict(group) for group in artefacts(12)]
    if "timing" in wanted:
        results["timing"] = times = timing()
        for name, seconds in times.items():
            print(f"{name:40s} {seconds:7.3f} s")
        passed.append((f"whole body within {WHOLE_BODY_S} s", times["whole body"] <= WHOLE_BODY_S))
        passed.append((f"one group within {GROUP_S} s", times["one group after an edit"] <= GROUP_S))
    for name, held in passed:
        print(f"{'yes' if held else 'NO ':3s} {name}")
    print(f"{time.perf_counter() - start:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(results), "utf-8")
    return 0 if all(held for _, held in passed) else 1


if __name__ == "__main__":
    sys.exit(main())
