"""Are parts of a body outlined as in the whole? Crops of scans with known truth, and stations of a real person.

    python benchmarks/parts_of_bodies.py --bench DIR

DIR is the folder of the bench bodies. For each crop: the Dice overlap, over the groups of which at least half is in
view, with the outlines of the whole scan and with the truth, beside that of the whole scan with the truth; groups
declared out of view though half of them is in it; and groups found of which nothing is in it. For the stations, which
have no truth: how many of all labelled voxels agree with the whole and with the next station, by how much the two sides
of a pair differ at most in volume, and how much is taken for muscle of the arms, of which the stations show hands only.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wbmri
from wbmri.core import LabelMap, Volume
from wbmri.core.scheme import Side
from wbmri.io import read_labels
from wbmri.registration import nearest_on_grid

PARTS = {
    "pelvis to feet": (0.0, 0.58),
    "thighs": (0.27, 0.5),
    "knee to neck": (0.25, 0.88),
    "legs": (0.0, 0.3),
    "without feet": (0.06, 0.5),
    "knees and thighs": (0.2, 0.45),
    "trunk": (0.5, 0.85),
    "thighs and pelvis": (0.3, 0.6),
    "pelvis to head": (0.45, 1.0),
    "shoulders": (0.62, 0.9),
    "waist to head": (0.55, 1.0),
    "all but the legs": (0.3, 1.0),
}
"""Parts, as shares of the height of a whole-body scan from its lower end."""

LEAST_ML = 1.0
"""Less of a group is not called found."""
LARGE_ML = 300.0
"""From here on the volumes of both sides are compared: smaller pieces are mostly ends that the station cuts."""


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the Dice overlap of two masks."""
    return 2 * np.count_nonzero(first & second) / max(np.count_nonzero(first) + np.count_nonzero(second), 1)


def of_crops(scan: Volume, truth: NDArray[np.uint8]) -> Iterator[str]:
    """Yield a line for each part of a body."""
    whole = wbmri.segment(scan)
    every = np.bincount(truth.ravel(), minlength=len(whole.scheme.groups) + 1)
    for name, (low, high) in PARTS.items():
        levels = slice(round(low * scan.shape[2]), round(high * scan.shape[2]))
        grid = scan.grid.crop((slice(None), slice(None), levels))
        found = wbmri.segment(Volume(scan.data[:, :, levels], grid.affine, scan.acquisition))
        before, true = whole.data[:, :, levels], truth[:, :, levels]
        overlaps, missed, invented = [], [], []
        for group in whole.scheme.groups:
            masks = [data == group.label for data in (found.data, before, true)]
            share = np.count_nonzero(masks[2]) / max(int(every[group.label]), 1)
            if share >= 0.5:
                overlaps.append([dice(masks[0], masks[1]), dice(masks[0], masks[2]), dice(masks[1], masks[2])])
                missed += [group.id] * (group.label in found.outside)
            elif share == 0 and np.count_nonzero(masks[0]) * grid.voxel_ml > LEAST_ML:
                invented.append(group.id)
        with_whole, with_truth, whole_with_truth = np.mean(overlaps, axis=0)
        yield (
            f"{name:18} {len(overlaps):2} groups: with the whole {with_whole:.3f} (least {min(overlaps)[0]:.3f}), "
            f"with the truth {with_truth:.3f} (the whole {whole_with_truth:.3f}); missed {missed}, invented {invented}"
        )


def agreement(own: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[int, int]:
    """Return how many labelled voxels agree, and how many are labelled by either."""
    labelled = (own > 0) | (other > 0)
    return int(np.count_nonzero(own[labelled] == other[labelled])), int(np.count_nonzero(labelled))


def of_stations(files: list[Path]) -> Iterator[str]:
    """Yield a line for each station of one person, from feet to head, and one for all of them."""
    whole = wbmri.segment(wbmri.load(files))
    alone = [wbmri.segment(wbmri.load(file)) for file in files]
    sums = np.zeros((2, 2), int)
    for place, station in enumerate(alone):
        with_whole = agreement(station.data, nearest_on_grid(whole.data, whole.grid, station.grid))
        line = f"station {place + 1}: with the whole {_share(with_whole)}"
        sums[0] += with_whole
        if place + 1 < len(alone):
            with_next = _in_overlap(station, alone[place + 1])
            line += f", with the next {_share(with_next)}"
            sums[1] += with_next
        yield f"{line}{_sides(station)}{_arms(station)}"
    yield f"all: with the whole {_share(tuple(sums[0]))}, with the next {_share(tuple(sums[1]))}"


def _sides(station: LabelMap) -> str:
    """Say of which large pair the volumes of left and right differ most."""
    voxels = np.bincount(station.data.ravel(), minlength=len(station.scheme.groups) + 1)
    differ = []
    for number, pair in enumerate(station.scheme.pairs):
        least, most = sorted(voxels[station.scheme.label_of(number, side)] for side in Side)
        if most * station.grid.voxel_ml > LARGE_ML:
            differ.append((most / max(least, 1) - 1, pair.id))
    return f", sides differ by at most {max(differ)[0]:.0%} ({max(differ)[1]})" if differ else ""


def _arms(station: LabelMap) -> str:
    """Say how much is taken for muscle of the arms."""
    arms = [group.label for group in station.scheme.groups if group.segment.in_arm]
    found_ml = np.count_nonzero(np.isin(station.data, arms)) * station.grid.voxel_ml
    return f", {found_ml:.0f} ml of arms" if found_ml else ""


def _in_overlap(station: LabelMap, following: LabelMap) -> tuple[int, int]:
    both = nearest_on_grid(np.ones_like(following.data), following.grid, station.grid) > 0
    return agreement(station.data[both], nearest_on_grid(following.data, following.grid, station.grid)[both])


def _share(counts: tuple[int, int]) -> str:
    return f"{counts[0] / counts[1]:.3f}" if counts[1] else "nothing is labelled"


def main() -> None:
    """Measure all parts of the bench bodies, then the stations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True, help="folder of the bench bodies")
    bench: Path = parser.parse_args().bench
    for body in ("control/baseline", "pair/baseline", "pair/month6"):
        scan = wbmri.load(bench / body / "stir.nii.gz")
        labels, grid = read_labels(bench / body / "truth_labels.nii.gz")
        print(body)
        for line in of_crops(scan, grid.stored_as("RAS").apply(labels)):
            print(f"  {line}", flush=True)
    print("stations of a real person")
    for line in of_stations(sorted((bench / "real" / "stations").glob("station_*.nii.gz"))):
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
