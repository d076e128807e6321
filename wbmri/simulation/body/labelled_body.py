"""A labelled anatomy to make random bodies from: tissues, muscle groups, and which voxels belong to a limb."""

import csv
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError
from wbmri.core.scheme import BodySegment, Side, load_scheme
from wbmri.simulation.body.parts import Tissue, labels_in, measured_body
from wbmri.simulation.body.rendering import Rendered, grid_around
from wbmri.simulation.body.skin_and_fat import render


class Limb(IntEnum):
    """Parts of the limbs that move on their own; everything else moves with the trunk."""

    NONE = 0
    LEFT_UPPER_ARM = 1
    RIGHT_UPPER_ARM = 2
    LEFT_FOREARM = 3
    RIGHT_FOREARM = 4
    LEFT_LEG = 5
    RIGHT_LEG = 6


_SYNONYMS = {"marrow": Tissue.BONE, "artery": Tissue.BLOOD}
"""Names that anatomies may use besides those of `Tissue`."""

_ARM_PARTS = {
    (BodySegment.UPPER_ARM, Side.LEFT): Limb.LEFT_UPPER_ARM,
    (BodySegment.UPPER_ARM, Side.RIGHT): Limb.RIGHT_UPPER_ARM,
    (BodySegment.FOREARM, Side.LEFT): Limb.LEFT_FOREARM,
    (BodySegment.FOREARM, Side.RIGHT): Limb.RIGHT_FOREARM,
}
_COARSE = 2
"""Limbs and distances are found on every second voxel."""
_CROTCH_MM = 50.0
"""How far below the hip's turning point a leg moves on its own."""
_TOUCHING = (0.6, 1.7)
"""Legs that are brought together touch between these shares of the way from hip to knee: thighs give way to each other
above, feet below."""
_BORDER = 4
"""Voxels of air put around an anatomy."""
_INNER_STEP_MM = 0.5
"""Depth in a structure is kept in steps of this size, 31 at most."""
_CORTEX_MM = 2.6
"""Compact bone is this thick."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelledBody:
    """An anatomy of voxels along the world axes, arms beside the body.

    Every voxel is one number, so that drawing a body looks up one table: bits 0-7 hold the code of the tissue, 8-15 the
    label of ``jdm42``, 16-23 the distance to the body's surface in mm plus 128 (negative inside), 24-26 the `Limb`, and
    27-31 how deep in its structure the voxel lies, in steps of 0.5 mm.

    Parameters
    ----------
    name
        What the log calls it.
    trunk
        Table of everything but the limbs, uint32, shape (x, y, z).
    limbs
        The same for the limbs alone.
    grid
        Where the voxels lie.
    joints
        Points in RAS mm by name: shoulder, elbow, hip and knee of each side, and the neck.
    legs_apart
        Angle in radians by which each leg can be turned inward at the hip until the two touch.
    boxes
        First and last voxel of each part of the limbs.
    height_mm
        Soles and vertex.
    """

    name: str
    trunk: NDArray[np.uint32]
    limbs: NDArray[np.uint32]
    grid: Grid
    joints: dict[str, NDArray[np.float64]]
    legs_apart: float
    boxes: dict[Limb, tuple[NDArray[np.int64], NDArray[np.int64]]]
    height_mm: tuple[float, float]

    @classmethod
    def of(cls, name: str, drawn: Rendered, structures: NDArray[np.integer] | None = None) -> Self:
        """Find limbs, surfaces and joints of a body drawn on a grid along the axes of the world.

        Parameters
        ----------
        name
            What the log calls it.
        drawn
            Tissues and labels.
        structures
            A number for every muscle and bone of its own, on the same grid; without it the muscles of a group are one.
        """
        from scipy import ndimage

        joints = _joints(drawn.labels, drawn.grid)
        # Air all around: what lies beyond the anatomy is looked up at its border.
        tissue, labels = (np.pad(values, _BORDER) for values in (drawn.tissue, drawn.labels))
        inner = _inner(np.pad(drawn.labels if structures is None else structures, _BORDER), drawn.grid)
        grid = drawn.grid.pad((_BORDER,) * 3, (_BORDER,) * 3)
        spacing, origin = np.array(grid.spacing), grid.origin
        every = tuple(slice(None, None, _COARSE) for _ in range(3))
        limb = _limbs(tissue[every] > 0, labels[every])
        crotch = min(joints["left_hip"][2], joints["right_hip"][2]) - _CROTCH_MM
        rows = int((crotch - origin[2]) / spacing[2] / _COARSE)
        middle = int((joints["neck"][0] - origin[0]) / spacing[0] / _COARSE + 0.5)
        for leg, half in ((Limb.LEFT_LEG, slice(middle)), (Limb.RIGHT_LEG, slice(middle, None))):
            legs = limb[half, :, :rows]
            legs[legs == Limb.NONE] = leg
        boxes = {
            Limb(number): (
                np.array([_COARSE * s.start for s in box]),
                np.array([_COARSE * s.stop for s in box]),
            )
            for number, box in enumerate(ndimage.find_objects(limb), start=1)
        }
        tables = []
        for limbs in (False, True):
            here = (limb > 0) == limbs
            cover, nearest = _cover((tissue[every] > 0) & here, spacing * _COARSE)
            x, y, z = tissue.shape
            kept, depth, number = (
                v.repeat(_COARSE, 0).repeat(_COARSE, 1).repeat(_COARSE, 2)[:x, :y, :z]
                for v in (here, cover, limb[nearest])
            )
            table = np.where(kept, tissue, 0).astype(np.uint32)
            table |= np.where(kept, labels, 0).astype(np.uint32) << 8
            table |= (depth.astype(np.int32) + 128).astype(np.uint32) << 16
            table |= number.astype(np.uint32) << 24
            table |= inner.astype(np.uint32) << 27
            tables.append(table)
        filled = np.flatnonzero((tissue > 0).any((0, 1)))
        low, high = (float(origin[2] + spacing[2] * k) for k in (filled[0], filled[-1]))
        apart = _legs_apart(tissue > 0, grid, joints)
        return cls(name, tables[0], tables[1], grid, joints, apart, boxes, (low, high))

    def seen(
        self,
        index: NDArray[np.float32],
        limb: Limb,
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int16], NDArray[np.float32]]:
        """Return what lies at some places, seen with the map of one part of the limbs.

        Parameters
        ----------
        index
            Index into the grid for every place, shape (3, x, y, z).
        limb
            The part of a limb; what belongs to another is air.

        Returns
        -------
        tissue, labels, depth, inner
            Codes, labels, distance to the body's surface in mm (negative inside), and depth in the structure in mm,
            at most 15.5; shape (x, y, z).
        """
        table = self.limbs if limb else self.trunk
        found = table.ravel()[_flat(index, table.shape)]
        tissue = (found & 255).astype(np.uint8)
        label = ((found >> 8) & 255).astype(np.uint8)
        depth = ((found >> 16) & 255).astype(np.int16) - 128
        inner = (found >> 27).astype(np.float32) * np.float32(_INNER_STEP_MM)
        if limb:
            # The limbs share one table: what is another's is not drawn with this one's map.
            other = ((found >> 24) & 7) != limb
            tissue[other] = 0
            label[other] = 0
            depth[other] = 127
        return tissue, label, depth, inner


def read_anatomy(folder: Path) -> LabelledBody:
    """Read an anatomy of your own.

    Parameters
    ----------
    folder
        Holds ``tissue.nii.gz`` and ``labels.nii.gz`` (labels of ``jdm42``) on one grid along the world axes in RAS
        order, and ``tissue.csv`` with the columns tissue (a name of `Tissue`) and code; ``structures.nii.gz``, a number
        for every muscle and bone of its own on the same grid, if it is known.

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
    kinds = [kind for kind in ("tissue", "labels", "structures") if (folder / f"{kind}.nii.gz").is_file()]
    images = [nib.as_closest_canonical(nib.load(folder / f"{kind}.nii.gz")) for kind in kinds]
    if any(i.shape != images[0].shape or not np.allclose(i.affine, images[0].affine, atol=1e-3) for i in images):
        raise InputError(f"{folder} with {' and '.join(kinds)} on different grids", "one grid", "resample one of them")
    tissue, labels = (np.asarray(image.dataobj).astype(np.uint8) for image in images[:2])
    structures = np.asarray(images[2].dataobj).astype(np.int32) if len(images) > 2 else None
    known: dict[str, Tissue] = {**{tissue.value: tissue for tissue in Tissue}, **_SYNONYMS}
    table = np.zeros(256, np.uint8)
    with (folder / "tissue.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["tissue"] not in known:
                raise InputError(f"the tissue {row['tissue']!r}", f"one of {', '.join(known)}", "rename it")
            table[int(row["code"])] = known[row["tissue"]].code
    grid = Grid((tissue.shape[0], tissue.shape[1], tissue.shape[2]), images[0].affine)
    return LabelledBody.of(folder.name, Rendered(grid, table[tissue], labels), structures)


def measured_anatomy(spacing_mm: float = 2.5) -> LabelledBody:
    """Draw the package's own body, so that training needs no data."""
    from scipy import ndimage

    parts = measured_body()
    body = render(parts, grid_around(parts, (spacing_mm,) * 3))
    bone = body.tissue == Tissue.BONE.code
    compact = bone & (ndimage.distance_transform_edt(bone, sampling=spacing_mm) <= _CORTEX_MM)
    tissue = np.where(compact, np.uint8(Tissue.CORTICAL.code), body.tissue)
    return LabelledBody.of("measured", replace(body, tissue=tissue))


def _limbs(body: NDArray[np.bool_], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grow arms, forearms and the rest through the body until they meet."""
    from scipy import ndimage
    from skimage.segmentation import watershed

    groups = load_scheme().groups
    marker = np.zeros(len(groups) + 1, np.int32)
    for group in groups:
        limb = _ARM_PARTS.get((group.segment, group.side), Limb.NONE) if group.segment else Limb.NONE
        marker[group.label] = limb + 1
    whole = ndimage.binary_closing(body, iterations=1) | body
    grown = watershed(np.zeros(body.shape, np.uint8), marker[labels], mask=whole)
    limbs: NDArray[np.uint8] = np.maximum(grown - 1, 0).astype(np.uint8)
    return limbs


def _cover(
    inside: NDArray[np.bool_],
    spacing: NDArray[np.float64],
) -> tuple[NDArray[np.int8], tuple[NDArray[np.int32], ...]]:
    """Return the distance in mm to the surface, negative inside, and the index of the nearest voxel inside."""
    from scipy import ndimage

    distance, nearest = ndimage.distance_transform_edt(~inside, sampling=spacing, return_indices=True)
    distance -= ndimage.distance_transform_edt(inside, sampling=spacing)
    return np.clip(np.rint(distance), -127, 127).astype(np.int8), tuple(nearest)


def _inner(structures: NDArray[np.integer], grid: Grid) -> NDArray[np.uint8]:
    """Return how deep each voxel lies in its structure, in steps of `_INNER_STEP_MM`; 0 at its border."""
    from scipy import ndimage

    border = np.zeros(structures.shape, bool)
    for axis in range(3):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        edge = structures[low] != structures[high]
        border[low] |= edge
        border[high] |= edge
    depth = ndimage.distance_transform_edt(~border, sampling=grid.spacing)
    return np.clip(depth / _INNER_STEP_MM, 0, 31).astype(np.uint8)


def _joints(labels: NDArray[np.uint8], grid: Grid) -> dict[str, NDArray[np.float64]]:
    """Estimate where the limbs turn from where the muscles of neighbouring segments end."""
    thigh_and_leg = (BodySegment.THIGH, BodySegment.LEG)
    spacing, origin = np.array(grid.spacing), grid.origin
    joints = {}
    for side in Side:
        arm, forearm, leg, thigh, shank = (
            np.argwhere(np.isin(labels, labels_in(*segments, side=side)))
            for segments in (
                (BodySegment.UPPER_ARM,),
                (BodySegment.FOREARM,),
                thigh_and_leg,
                (BodySegment.THIGH,),
                (BodySegment.LEG,),
            )
        )
        top = np.percentile(arm[:, 2], 95)
        elbow = (np.percentile(arm[:, 2], 3) + np.percentile(forearm[:, 2], 97)) / 2
        hip = np.percentile(leg[:, 2], 97)
        knee = (np.percentile(thigh[:, 2], 3) + np.percentile(shank[:, 2], 97)) / 2
        for joint, points, level in (
            ("shoulder", arm, top),
            ("elbow", arm, elbow),
            ("hip", thigh, hip),
            ("knee", leg, knee),
        ):
            near = points[np.abs(points[:, 2] - level) * spacing[2] < 30]
            joints[f"{side}_{joint}"] = origin + spacing * np.array([*near[:, :2].mean(0), level])
    neck = np.argwhere(np.isin(labels, labels_in(BodySegment.NECK)))
    joints["neck"] = origin + spacing * neck.mean(0)
    return joints


def _legs_apart(body: NDArray[np.bool_], grid: Grid, joints: dict[str, NDArray[np.float64]]) -> float:
    """Return by which angle in radians about the hips the legs come together; 0 where they touch as they are."""
    middle = joints["neck"][0]
    hip, knee = (min(joints[f"{side}_{joint}"][2] for side in ("left", "right")) for joint in ("hip", "knee"))
    x, _, z = (o + s * np.arange(n) for o, s, n in zip(grid.origin, grid.spacing, grid.shape, strict=True))
    down = (hip - z) / (hip - knee)
    seen = body.any(axis=1)
    left, right = (x < middle)[:, None] & seen, (x >= middle)[:, None] & seen
    there = left.any(0) & right.any(0) & (down > _TOUCHING[0]) & (down < _TOUCHING[1])
    if not there.any():
        return 0.0
    ends = np.where(left, x[:, None], -np.inf).max(0), np.where(right, x[:, None], np.inf).min(0)
    gap = (ends[1][there] - ends[0][there]) / 2
    return max(0.0, float(np.arctan(gap / (hip - z[there])).min()))


def _flat(index: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the position in a flattened array of the voxel nearest to each index, shape (x, y, z)."""
    flat = np.zeros(index.shape[1:], np.int32)
    for axis in range(3):
        nearest = (index[axis] + np.float32(0.5)).astype(np.int32)
        flat *= shape[axis]
        flat += np.clip(nearest, 0, shape[axis] - 1)
    return flat
