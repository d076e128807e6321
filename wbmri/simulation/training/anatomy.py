"""A labelled anatomy to make training bodies from: tissues, muscle groups, and which voxels belong to a limb."""

import csv
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError


class Segment(IntEnum):
    """Parts of the body that move on their own; everything else moves with the trunk."""

    TRUNK = 0
    LEFT_ARM = 1
    RIGHT_ARM = 2
    LEFT_FOREARM = 3
    RIGHT_FOREARM = 4
    LEFT_LEG = 5
    RIGHT_LEG = 6


TISSUES = (
    "air",
    "skin",
    "fat",
    "muscle",
    "cortical",
    "marrow",
    "brain",
    "csf",
    "cord",
    "lung",
    "heart",
    "artery",
    "vein",
    "liver",
    "kidney",
    "spleen",
    "bowel",
    "bladder",
    "cartilage",
    "tendon",
    "gland",
    "eye",
    "fluid",
    "airway",
    "soft",
)
"""Tissues an anatomy may hold; the index is the code used here."""

_ARM_PAIRS = (8, 9)
_FOREARM_PAIRS = (10, 11)
_LEG_PAIRS = (16, 17, 18, 19, 20, 21)
_THIGH_PAIRS = (16, 17, 18)
_COARSE = 2
"""Segments and distances are found on every second voxel."""
_CROTCH_MM = 50.0
"""How far below the hip's turning point a leg moves on its own."""
_BORDER = 4
"""Voxels of air put around an anatomy."""


@dataclass(frozen=True, eq=False, slots=True)
class Anatomy:
    """A labelled body along the world axes, arms beside it.

    Every voxel is one number, so that drawing a body looks up one table: bits 0-7 hold the tissue (index into
    `TISSUES`), 8-15 the label of ``jdm42``, 16-23 the distance to the surface in mm plus 128 (negative inside), and
    24-31 the `Segment`.

    Parameters
    ----------
    name
        What the log calls it.
    trunk
        Table of everything but the limbs, int32, shape (x, y, z).
    limbs
        The same for the limbs alone.
    spacing, origin
        Voxel size in mm, and the first voxel's centre in RAS mm.
    joints
        Points in RAS mm by name: shoulder, elbow and hip of each side, and the neck.
    boxes
        First and last voxel of each segment of the limbs.
    height_mm
        Soles and vertex.
    """

    name: str
    trunk: NDArray[np.int32]
    limbs: NDArray[np.int32]
    spacing: NDArray[np.float64]
    origin: NDArray[np.float64]
    joints: dict[str, NDArray[np.float64]]
    boxes: dict[Segment, tuple[NDArray[np.int64], NDArray[np.int64]]]
    height_mm: tuple[float, float]

    @classmethod
    def of(
        cls,
        name: str,
        tissue: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        spacing: NDArray[np.float64],
        origin: NDArray[np.float64],
    ) -> Self:
        """Find segments, surfaces and joints of a labelled body; arrays in RAS order, lengths in mm."""
        from scipy import ndimage

        joints = _joints(labels, spacing, origin)
        # Air all around: what lies beyond the anatomy is looked up at its border.
        tissue, labels = (np.pad(values, _BORDER) for values in (tissue, labels))
        origin = origin - _BORDER * spacing
        every = tuple(slice(None, None, _COARSE) for _ in range(3))
        segment = _segments(tissue[every] > 0, labels[every])
        crotch = min(joints["left_hip"][2], joints["right_hip"][2]) - _CROTCH_MM
        rows = int((crotch - origin[2]) / spacing[2] / _COARSE)
        middle = int((joints["neck"][0] - origin[0]) / spacing[0] / _COARSE + 0.5)
        for leg, half in ((Segment.LEFT_LEG, slice(middle)), (Segment.RIGHT_LEG, slice(middle, None))):
            legs = segment[half, :, :rows]
            legs[legs == Segment.TRUNK] = leg
        boxes = {
            Segment(number): (
                np.array([_COARSE * s.start for s in box]),
                np.array([_COARSE * s.stop for s in box]),
            )
            for number, box in enumerate(ndimage.find_objects(segment), start=1)
        }
        tables = []
        for limbs in (False, True):
            here = (segment > 0) == limbs
            cover, nearest = _cover((tissue[every] > 0) & here, spacing * _COARSE)
            x, y, z = tissue.shape
            kept, depth, number = (
                v.repeat(_COARSE, 0).repeat(_COARSE, 1).repeat(_COARSE, 2)[:x, :y, :z]
                for v in (here, cover, segment[nearest])
            )
            table = np.where(kept, tissue, 0).astype(np.int32)
            table |= np.where(kept, labels, 0).astype(np.int32) << 8
            table |= (depth.astype(np.int32) + 128) << 16
            table |= number.astype(np.int32) << 24
            tables.append(table)
        filled = np.flatnonzero((tissue > 0).any((0, 1)))
        low, high = (float(origin[2] + spacing[2] * k) for k in (filled[0], filled[-1]))
        return cls(name, tables[0], tables[1], spacing, origin, joints, boxes, (low, high))


def read_anatomy(folder: Path) -> Anatomy:
    """Read an anatomy of your own.

    Parameters
    ----------
    folder
        Holds ``tissue.nii.gz`` and ``labels.nii.gz`` (labels of ``jdm42``) on one grid along the world axes in RAS
        order, and ``tissue.csv`` with the columns tissue (a name of `TISSUES`) and code.

    Raises
    ------
    InputError
        If a file is missing, the grids differ, or a tissue is unknown.
    """
    import nibabel as nib

    for name in ("tissue.nii.gz", "labels.nii.gz", "tissue.csv"):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} without {name}",
                "tissue.nii.gz, labels.nii.gz and tissue.csv",
                "see docs/training.md",
            )
    images = [nib.as_closest_canonical(nib.load(folder / f"{kind}.nii.gz")) for kind in ("tissue", "labels")]
    affine = images[0].affine
    if images[0].shape != images[1].shape or not np.allclose(affine, images[1].affine, atol=1e-3):
        raise InputError(f"{folder} with tissues and labels on different grids", "one grid", "resample one of them")
    table = np.zeros(256, np.uint8)
    with (folder / "tissue.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["tissue"] not in TISSUES:
                raise InputError(f"the tissue {row['tissue']!r}", f"one of {', '.join(TISSUES)}", "rename it")
            table[int(row["code"])] = TISSUES.index(row["tissue"])
    tissue, labels = (np.asarray(image.dataobj).astype(np.uint8) for image in images)
    return Anatomy.of(folder.name, table[tissue], labels, np.diag(affine)[:3].copy(), affine[:3, 3].copy())


def measured_anatomy(spacing_mm: float = 2.5) -> Anatomy:
    """Draw the package's own body, so that training needs no data."""
    from scipy import ndimage

    from wbmri.simulation.body import Tissue, measured_body
    from wbmri.simulation.scanner import FAT, SKIN, Grid, code, render

    parts = measured_body()
    body = render(parts, Grid.around(parts, (spacing_mm,) * 3))
    table = np.zeros(SKIN + 1, np.uint8)
    for kind in Tissue:
        name = {Tissue.BONE: "marrow", Tissue.BLOOD: "artery"}.get(kind, str(kind))
        table[code(kind)] = TISSUES.index(name)
    table[FAT], table[SKIN] = TISSUES.index("fat"), TISSUES.index("skin")
    tissue = table[body.tissue]
    bone = tissue == TISSUES.index("marrow")
    tissue[bone & (ndimage.distance_transform_edt(bone, sampling=spacing_mm) <= 2.6)] = TISSUES.index("cortical")
    return Anatomy.of("measured", tissue, body.labels, np.array(body.grid.spacing), np.array(body.grid.origin))


def _segments(body: NDArray[np.bool_], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grow arms, forearms and the rest through the body until they meet."""
    from scipy import ndimage
    from skimage.segmentation import watershed

    pair = (labels.astype(np.int16) + 1) // 2
    right = (labels > 0) & (labels % 2 == 0)
    markers = np.zeros(body.shape, np.int32)
    markers[labels > 0] = 1
    for pairs, first in ((_ARM_PAIRS, Segment.LEFT_ARM), (_FOREARM_PAIRS, Segment.LEFT_FOREARM)):
        inside = np.isin(pair, pairs)
        markers[inside & ~right] = first + 1
        markers[inside & right] = first + 2
    whole = ndimage.binary_closing(body, iterations=1) | body
    grown = watershed(np.zeros(body.shape, np.uint8), markers, mask=whole)
    segment: NDArray[np.uint8] = np.maximum(grown - 1, 0).astype(np.uint8)
    return segment


def _cover(
    inside: NDArray[np.bool_],
    spacing: NDArray[np.float64],
) -> tuple[NDArray[np.int8], tuple[NDArray[np.int32], ...]]:
    """Return the distance in mm to the surface, negative inside, and the index of the nearest voxel inside."""
    from scipy import ndimage

    distance, nearest = ndimage.distance_transform_edt(~inside, sampling=spacing, return_indices=True)
    distance -= ndimage.distance_transform_edt(inside, sampling=spacing)
    return np.clip(np.rint(distance), -127, 127).astype(np.int8), tuple(nearest)


def _joints(
    labels: NDArray[np.uint8],
    spacing: NDArray[np.float64],
    origin: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Estimate where the limbs turn from where the muscles of neighbouring segments end."""
    pair = (labels.astype(np.int16) + 1) // 2
    joints = {}
    for side, parity in (("left", 1), ("right", 0)):
        here = (labels > 0) & (labels % 2 == parity)
        arm, forearm, leg, thigh = (
            np.argwhere(here & np.isin(pair, pairs)) for pairs in (_ARM_PAIRS, _FOREARM_PAIRS, _LEG_PAIRS, _THIGH_PAIRS)
        )
        top = np.percentile(arm[:, 2], 95)
        elbow = (np.percentile(arm[:, 2], 3) + np.percentile(forearm[:, 2], 97)) / 2
        hip = np.percentile(leg[:, 2], 97)
        for joint, points, level in (("shoulder", arm, top), ("elbow", arm, elbow), ("hip", thigh, hip)):
            near = points[np.abs(points[:, 2] - level) * spacing[2] < 30]
            joints[f"{side}_{joint}"] = origin + spacing * np.array([*near[:, :2].mean(0), level])
    neck = np.argwhere(np.isin(pair, (1, 2)))
    joints["neck"] = origin + spacing * neck.mean(0)
    return joints
