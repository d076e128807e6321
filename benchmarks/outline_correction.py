"""Measure how far three clicks mend the worst outlines, and how long each takes.

    python benchmarks/outline_correction.py --bench PATH [--worst 10] [--clicks 3]

Below PATH lie bodies of known truth, each a folder with ``stir.nii.gz`` and ``truth_labels.nii.gz``. Each is scored
and opened as a reader opens it. Of all their groups the worst ones, by the Dice overlap of the engine's outline with
the truth, are corrected by a reader who always does the same: clicks in the middle of the largest region that is wrong,
of either sign; a click that is refused counts, and the next goes elsewhere. A click is timed from the button to the new
evidence; afterwards all are undone.

Beside it stands what a hand would reach that redrew each time the whole region without a fault: where the regions are
thin shells, three of them hold little of what is missing, and no tool that redraws one region a click can do more.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.io import read_image
from wbmri.pipeline import score
from wbmri.registration import nearest_on_grid
from wbmri.review import Session, open_review
from wbmri.review.label_editor import redraw

GOOD_DICE = 0.85
HALF = 0.5
"""A group is mended where it reaches the former, or this share of what was missing."""
CLICK_S = 1.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Corrected:
    """What the clicks on one group did.

    Parameters
    ----------
    dice
        Overlap before the first click and after each.
    by_hand
        Overlap where each of the regions is redrawn without a fault.
    wall_s, processor_s
        Time of each click.
    """

    name: str
    dice: list[float]
    by_hand: float
    wall_s: list[float]
    processor_s: list[float]

    @property
    def bar(self) -> float:
        """The overlap that is asked for."""
        return min(GOOD_DICE, self.dice[0] + HALF * (1 - self.dice[0]))


def dice(drawn: Mask, truth: Mask) -> float:
    """Return the overlap of two outlines."""
    return float(2 * np.sum(drawn & truth) / max(np.sum(drawn) + np.sum(truth), 1))


def largest_error(drawn: Mask, truth: Mask, refused: Mask) -> tuple[Mask, bool] | None:
    """Return the largest region that is wrong and whether it was missed; ``None`` if nothing is left but refused."""
    from scipy import ndimage

    best: tuple[int, Mask, bool] | None = None
    for missed, wrong in ((True, truth & ~drawn & ~refused), (False, drawn & ~truth & ~refused)):
        parts, count = ndimage.label(wrong)
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if best is None or sizes.max() > best[0]:
                best = int(sizes.max()), parts == 1 + sizes.argmax(), missed
    return None if best is None else best[1:]


def middle(region: Mask, spacing: tuple[float, float, float]) -> tuple[int, ...]:
    """Return the voxel of a region that lies deepest in it; of several, the one nearest to its centre."""
    from scipy import ndimage

    places = np.argwhere(region)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    depth = ndimage.distance_transform_edt(np.pad(region[box], 1), spacing)[1:-1, 1:-1, 1:-1]
    deepest = np.argwhere(depth >= depth.max() - 1e-6) + low
    away = np.sum(((deepest - places.mean(axis=0)) * spacing) ** 2, axis=1)
    return tuple(int(n) for n in deepest[np.argmin(away)])


def correct(session: Session, truth: NDArray[np.uint8], label: int, clicks: int, name: str) -> Corrected:
    """Click on a group, measure, and undo it all."""
    right, by_hand, volume = truth == label, session.labels == label, session.volume
    before = np.array(session.labels)
    overlaps, wall, processor = [dice(by_hand, right)], [], []
    session.choose(label)
    done = 0
    refused = np.zeros_like(right)
    for _ in range(clicks):
        left = largest_error(by_hand, right, np.zeros_like(right))
        by_hand = by_hand ^ left[0] if left else by_hand
        wrong = largest_error(session.labels == label, right, refused)
        if wrong is None:
            break
        region, missed = wrong
        seed = middle(region, volume.spacing)
        started, used = time.perf_counter(), time.process_time()
        try:
            change = redraw(
                session.labels,
                volume.data,
                volume.spacing,
                label,
                [seed],
                missed=missed,
                within=session.within_muscle,
            )
        except InputError:
            refused |= region
            overlaps.append(overlaps[-1])
            continue
        session.edit(change, "redraw")
        session.group(label)
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
        done += change.voxels > 0
        overlaps.append(dice(session.labels == label, right))
    for _ in range(done):
        session.undo()
    if not np.array_equal(session.labels, before):
        raise SystemExit(f"{name}: the outlines after undoing are not those before")
    return Corrected(name, overlaps, dice(by_hand, right), wall, processor)


def main() -> None:
    """Print a line per group, and whether the bars are reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--clicks", type=int, default=3)
    options = parser.parse_args()
    bodies = sorted(path.parent for path in options.bench.rglob("truth_labels.nii.gz"))
    results: list[Corrected] = []
    with TemporaryDirectory() as out:
        found = []
        for number, body in enumerate(bodies):
            case = score(body / "stir.nii.gz", out, participant=f"{number + 1:02d}", session="01").case
            volume, labels = case.volume(), case.labels()
            given = read_image(body / "truth_labels.nii.gz")
            truth = nearest_on_grid(given.data.astype(np.uint8), given.grid, volume.grid)
            for group in case.reading.scheme.groups:
                overlap = dice(labels.data == group.label, truth == group.label)
                found.append((overlap, number, group.label, case.paths, truth))
        for _, number, label, paths, truth in sorted(found, key=lambda one: one[:3])[: options.worst]:
            session = open_review(paths, "BENCH")
            session.prepare()
            name = f"{bodies[number].relative_to(options.bench)} {session.case.reading.scheme.group(label).name}"
            results.append(correct(session, truth, label, options.clicks, name))
            session.close()
            one = results[-1]
            steps = " > ".join(f"{value:.3f}" for value in one.dice)
            slowest = max(one.wall_s, default=0.0)
            print(f"{name:52s} {steps}  (bar {one.bar:.3f}, by hand {one.by_hand:.3f}), slowest {slowest:.2f} s")
    reached = sum(one.dice[-1] >= one.bar for one in results)
    possible = sum(one.by_hand >= one.bar for one in results)
    wall = max(value for one in results for value in one.wall_s)
    processor = max(value for one in results for value in one.processor_s)
    before, after, hand = np.mean([(one.dice[0], one.dice[-1], one.by_hand) for one in results], axis=0)
    print(f"mean Dice {before:.3f} before, {after:.3f} after; {hand:.3f} if each region were redrawn without a fault")
    print(f"bar reached in {reached} of {len(results)} groups; by the faultless hand in {possible}")
    print(f"slowest click {wall:.2f} s, of the processor {processor:.2f} s (bar: {CLICK_S:g} s)")


if __name__ == "__main__":
    main()
