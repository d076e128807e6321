"""Are the groups of another person found? Scans drawn of a labelled anatomy, as pelvis and leg protocols show it.

    python benchmarks/other_anatomies.py ANATOMY... [--looks 2] [--weights DIR]

ANATOMY is a folder as `wbmri train --anatomy` reads it. It is drawn in its own shape and pose, with looks drawn at
random (contrast, oedema, shading, slices, noise, artefacts), in five fields of view. Prints the Dice overlap of each
pair of pelvis, thigh and leg with the truth, the mean over all scans that show at least half of the group, and how many
times the error that the engine promised the true one is.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wbmri
from wbmri.core import Acquisition, Grid, Volume
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


def scans(folder: Path, looks: int) -> Iterator[tuple[str, Volume, NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield name, scan, true labels and the voxels of each label in the whole body, per field of view and look."""
    body = read_anatomy(folder)
    tissue, labels = (
        ((body.trunk >> shift) & 255).astype(np.uint8) | ((body.limbs >> shift) & 255).astype(np.uint8)
        for shift in (0, 8)
    )
    every = np.bincount(labels.ravel(), minlength=256)
    soles, vertex = body.height_mm
    spacing = body.grid.spacing[0]
    for number, (name, (low, high, axis)) in enumerate(VIEWS.items()):
        ends = (soles + share * (vertex - soles) - body.grid.origin[2] for share in (low, high))
        box = (slice(None), slice(None), slice(*(round(end / spacing) for end in ends)))
        drawn = Rendered(body.grid.crop(box), tissue[box], labels[box])
        for look in range(looks):
            rng = np.random.default_rng([SEED, number, look])
            appearance = Appearance.random(vertex - soles, rng)
            image = appearance.scanned(appearance.paint(drawn), spacing, rng, 1.0)
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


def main() -> None:
    """Measure each anatomy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("anatomies", type=Path, nargs="+", metavar="ANATOMY")
    parser.add_argument("--looks", type=int, default=2, help="scans per field of view")
    parser.add_argument("--weights", type=Path, help="folder of networks that 'wbmri train' wrote")
    given = parser.parse_args()
    if given.weights:
        os.environ["WBMRI_NETWORK"] = str(given.weights)
    scheme = load_scheme()
    for folder in given.anatomies:
        print(folder.name)
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
