"""Are the groups of another person found? Scans drawn of a labelled anatomy, as pelvis and leg protocols show it.

    python benchmarks/other_anatomies.py ANATOMY... [--looks 2] [--weights DIR]
    python benchmarks/other_anatomies.py ANATOMY... --grades [--weights DIR]

ANATOMY is a folder as `wbmri train --anatomy` reads it. It is drawn in its own shape and pose, in five fields of view.

The first draws looks at random (contrast, oedema, shading, slices, noise, artefacts). Prints the Dice overlap of each
pair of pelvis, thigh and leg with the truth, the mean over all scans that show at least half of the group, and how many
times the error that the engine promised the true one is.

The second scans it as coronal STIR, with oedema of whole bodies of 0, 24, 48 and 66 points, and grades each scan twice:
by the true outlines, and by the engine's own. Prints how many groups of pelvis, thigh and leg that are at least half in
view got a grade, a wrong one, and a wrong one with a confidence of a half or more.
"""

import argparse
import operator
import os
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import reduce
from pathlib import Path
from typing import Self

import numpy as np
from disturbed_rows import SURE
from grading_bodies import PROTOCOLS, involvement, random_scan, scanned_body
from numpy.typing import NDArray

import wbmri
from wbmri.core import Acquisition, Grid, Reading, Volume
from wbmri.core.scheme import BodySegment, load_scheme
from wbmri.simulation.body import Rendered, read_anatomy
from wbmri.simulation.scanner import Appearance

VIEWS = {
    "pelvis to feet": (0.0, 0.66, 1),
    "pelvis to knee": (0.24, 0.66, 1),
    "pelvis": (0.42, 0.66, 2),
    "thighs": (0.24, 0.52, 2),
    "legs": (0.0, 0.34, 2),
}
"""Fields of view as shares of the height, and the axis along which the slices lie."""
SEGMENTS = (BodySegment.PELVIS, BodySegment.THIGH, BodySegment.LEG)
VOXELS_A_SLICE = 2
IN_VIEW = 0.5
SEED = 84
TOTALS = (0, 24, 48, 66)
PROTOCOL = "1.5 T, TE 60 ms"


def views(folder: Path) -> Iterator[tuple[str, Rendered, int, NDArray[np.int64], float]]:
    """Yield name, drawn part, axis of the slices, voxels of each label in the whole body, and its height in mm."""
    body = read_anatomy(folder)
    tissue, labels = (
        ((body.trunk >> shift) & 255).astype(np.uint8) | ((body.limbs >> shift) & 255).astype(np.uint8)
        for shift in (0, 8)
    )
    every = np.bincount(labels.ravel(), minlength=256)
    soles, vertex = body.height_mm
    for name, (low, high, axis) in VIEWS.items():
        ends = (soles + share * (vertex - soles) - body.grid.origin[2] for share in (low, high))
        box = (slice(None), slice(None), slice(*(round(end / body.grid.spacing[0]) for end in ends)))
        yield name, Rendered(body.grid.crop(box), tissue[box], labels[box]), axis, every, vertex - soles


def scans(folder: Path, looks: int) -> Iterator[tuple[str, Volume, NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield name, scan, true labels and the voxels of each label in the whole body, per field of view and look."""
    for number, (name, drawn, axis, every, height_mm) in enumerate(views(folder)):
        for look in range(looks):
            rng = np.random.default_rng([SEED, number, look])
            appearance = Appearance.random(height_mm, rng)
            image = appearance.scanned(appearance.paint(drawn), drawn.grid.spacing[0], rng, 1.0)
            yield f"{name}, look {look}", *sliced(image, drawn, axis), every


def sliced(image: NDArray[np.float32], drawn: Rendered, axis: int) -> tuple[Volume, NDArray[np.uint8]]:
    """Return a scan in slices across an axis, and the truth in the middle of each."""
    count = image.shape[axis] // VOXELS_A_SLICE
    parts = [np.take(image, np.arange(count) * VOXELS_A_SLICE + k, axis) for k in range(VOXELS_A_SLICE)]
    spacing = np.array(drawn.grid.spacing)
    spacing[axis] *= VOXELS_A_SLICE
    origin = np.array(drawn.grid.origin)
    origin[axis] += drawn.grid.spacing[axis] * (VOXELS_A_SLICE - 1) / 2
    grid = Grid.from_directions(parts[0].shape, np.eye(3), spacing, origin)
    scan = Volume(np.mean(parts, axis=0, dtype=np.float32), grid.affine, Acquisition())
    return scan, np.take(drawn.labels, np.arange(count) * VOXELS_A_SLICE + VOXELS_A_SLICE // 2, axis)


def overlaps(folder: Path, looks: int) -> Iterator[tuple[str, dict[int, tuple[float, float]], list[str]]]:
    """Yield name, true and promised Dice of each label half in view, and groups that were invented, per scan."""
    scheme = load_scheme()
    for name, scan, truth, every in scans(folder, looks):
        found = wbmri.segment(scan)
        dice, invented = {}, []
        for group in scheme.groups:
            here, there = found.data == group.label, truth == group.label
            if group.segment in SEGMENTS and there.sum() * VOXELS_A_SLICE >= IN_VIEW * every[group.label]:
                true = 2 * float((here & there).sum()) / float(here.sum() + there.sum())
                dice[group.label] = true, found.confidence.get(group.label, 0.0)
            elif not there.any() and here.sum() * scan.grid.voxel_ml > 1:
                invented.append(group.id)
        yield name, dice, invented


@dataclass(frozen=True, slots=True)
class Counts:
    """Groups that are at least half in view: all, those with a grade, with a wrong one, and wrong with confidence."""

    groups: int
    graded: int
    wrong: int
    sure_and_wrong: int

    @classmethod
    def of(cls, reading: Reading, truth: Mapping[int, int]) -> Self:
        """Count the groups of a reading by their true grades."""
        entries = {entry.label: entry for entry in reading.groups}
        graded = [entries[label] for label in truth if entries[label].grade is not None]
        wrong = [entry for entry in graded if entry.grade != truth[entry.label]]
        return cls(len(truth), len(graded), len(wrong), sum(entry.confidence >= SURE for entry in wrong))

    def __add__(self, other: Self) -> Self:
        """Return the sums."""
        return type(self)(*map(operator.add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        """Say them in words."""
        return f"{self.graded} of {self.groups} graded, {self.wrong} wrong, {self.sure_and_wrong} of them sure"


def graded(folder: Path) -> Iterator[tuple[str, int, Counts, Counts]]:
    """Yield name, true total of the body, and counts by true outlines and by the engine's own, per scan."""
    scheme = load_scheme()
    for number, (name, drawn, _, every, _) in enumerate(views(folder)):
        here = np.bincount(drawn.labels.ravel(), minlength=256)
        for total in TOTALS:
            rng = np.random.default_rng([SEED, number, total])
            involved = involvement(total, SEED, borderline=0.0)
            case = scanned_body(drawn, involved, PROTOCOLS[PROTOCOL], random_scan(rng, total), total)
            truth = {
                group.label: case.scanned.truth[group.label].grade(scheme.grading)
                for group in scheme.groups
                if group.segment in SEGMENTS and 0 < IN_VIEW * every[group.label] <= here[group.label]
            }
            readings = (wbmri.grade(case.volume, each) for each in (case.labels, wbmri.segment(case.volume)))
            yield name, total, *(Counts.of(reading, truth) for reading in readings)


def main() -> None:
    """Measure each anatomy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("anatomies", type=Path, nargs="+", metavar="ANATOMY")
    parser.add_argument("--looks", type=int, default=2, help="scans per field of view")
    parser.add_argument("--weights", type=Path, help="folder of networks that 'wbmri train' wrote")
    parser.add_argument("--grades", action="store_true", help="grade scans of known oedema by the engine's outlines")
    given = parser.parse_args()
    if given.weights:
        os.environ["WBMRI_NETWORK"] = str(given.weights)
    scheme = load_scheme()
    for folder in given.anatomies:
        print(folder.name)
        if given.grades:
            rows = []
            for name, total, true, own in graded(folder):
                rows.append((true, own))
                print(f"  {name:15} body of {total:2}: true outlines {true}; the engine's {own}", flush=True)
            for by, counts in zip(("true outlines", "the engine's"), zip(*rows, strict=True), strict=True):
                print(f"  all by {by}: {reduce(operator.add, counts)}")
            continue
        pairs: dict[str, list[tuple[float, float]]] = {}
        for name, dice, invented in overlaps(folder, given.looks):
            for label, both in dice.items():
                pairs.setdefault(scheme.group(label).pair.id, []).append(both)
            mean, promised = np.mean(list(dice.values()), axis=0)
            print(f"  {name:24} mean {mean:.3f}, promised {promised:.3f}, invented {invented}", flush=True)
        means = {pair: np.mean(values, axis=0) for pair, values in pairs.items()}
        for pair, (value, promised) in means.items():
            print(f"  {pair:20} {value:.3f}, error {(1 - value) / (1 - promised):.2f} times the promised one")
        each = [value for value, _ in means.values()]
        print(f"  mean of {len(means)} pairs {np.mean(each):.3f}, worst {min(each):.3f}")


if __name__ == "__main__":
    main()
