"""The body as parts: every structure a set of soft ellipsoids with measured place, size and direction.

A structure of uniform density is described by a mixture of Gaussians. The mixture's density times the structure's
volume is close to 1 inside the structure and to 0 outside, and 0.5 at its surface: its occupancy. So a few figures per
part (volume, centroid, covariance) are enough to draw the structure on any grid, and to bend it with any smooth map.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment, Side, load_scheme


def pair_numbers(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the number of each label's pair, counted from 1; 0 where there is no group."""
    numbers: NDArray[np.uint8] = _tables()[0][labels]
    return numbers


def on_right(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether each label is of a group on the right."""
    right: NDArray[np.bool_] = _tables()[1][labels]
    return right


def of_other_side(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each label's counterpart on the other side; 0 where there is no group."""
    opposite: NDArray[np.uint8] = _tables()[2][labels]
    return opposite


def labels_in(*segments: BodySegment, side: Side | None = None) -> tuple[int, ...]:
    """Return the labels of the groups in some segments of the body, of one side or of both."""
    groups = load_scheme().groups
    return tuple(group.label for group in groups if group.segment in segments and side in (None, group.side))


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8]]:
    scheme = load_scheme()
    count = len(scheme.groups) + 1
    pair, right, opposite = np.zeros(count, np.uint8), np.zeros(count, bool), np.zeros(count, np.uint8)
    for group in scheme.groups:
        pair[group.label] = scheme.pair_index(group.label) + 1
        right[group.label] = group.side is Side.RIGHT
        opposite[group.label] = scheme.opposite(group.label)
    return pair, right, opposite


Points = NDArray[np.float64]
PointMapping = Callable[[Points], Points]
"""A smooth map of space: points of shape (n, 3) in RAS mm to points of the same shape."""

_SIDES = ((-1, "left", np.eye(3)), (1, "right", np.diag([-1.0, 1.0, 1.0])))
"""Code, name and what turns a left structure into that side's."""

_STEP_MM = 2.0
"""Distance over which the local stretch of a map is measured, about a voxel."""


class Tissue(StrEnum):
    """What a body consists of.

    The bones of the measured body are drawn whole, and their cortex is told from their marrow afterwards: there
    ``CORTICAL`` is compact bone and ``BONE`` the marrow.
    """

    AIR = "air"
    MUSCLE = "muscle"
    BONE = "bone"
    BRAIN = "brain"
    CSF = "csf"
    CORD = "cord"
    LUNG = "lung"
    HEART = "heart"
    BLOOD = "blood"
    LIVER = "liver"
    KIDNEY = "kidney"
    SPLEEN = "spleen"
    BOWEL = "bowel"
    BLADDER = "bladder"
    CARTILAGE = "cartilage"
    TENDON = "tendon"
    GLAND = "gland"
    EYE = "eye"
    AIRWAY = "airway"
    FLUID = "fluid"
    FAT = "fat"
    SKIN = "skin"
    CORTICAL = "cortical"
    VEIN = "vein"
    SOFT = "soft"

    @property
    def code(self) -> int:
        """Its number in tissue maps; that of air is 0."""
        return _CODES[self]


_CODES = {tissue: code for code, tissue in enumerate(Tissue)}


@dataclass(frozen=True, eq=False, slots=True)
class Parts:
    """All parts of a body, in RAS mm with the feet at the lower end.

    Parameters
    ----------
    structure
        Name of the structure each of the n parts belongs to.
    tissue
        Tissue of each part.
    label
        Label of the part's muscle group in ``jdm42``, shape (n,); 0 for everything else.
    side
        -1 for the left, +1 for the right and 0 for unpaired structures, shape (n,).
    volume_ml
        Volume of each part, shape (n,).
    centre
        Centroids in mm, shape (n, 3).
    covariance
        Second central moments in mm^2, shape (n, 3, 3).
    """

    structure: tuple[str, ...]
    tissue: tuple[Tissue, ...]
    label: NDArray[np.int64]
    side: NDArray[np.int64]
    volume_ml: NDArray[np.float64]
    centre: Points
    covariance: NDArray[np.float64]

    def mapped(self, mapping: PointMapping) -> Self:
        """Return the body bent by a smooth map: centres move, and shapes and volumes follow the map's local stretch.

        The map is always given one point per part, in the order of the parts.
        """
        jacobian = np.stack(
            [
                (mapping(self.centre + step) - mapping(self.centre - step)) / (2 * _STEP_MM)
                for step in np.eye(3) * _STEP_MM
            ],
            axis=-1,
        )
        return replace(
            self,
            centre=mapping(self.centre),
            covariance=jacobian @ self.covariance @ np.swapaxes(jacobian, -1, -2),
            volume_ml=self.volume_ml * np.abs(np.linalg.det(jacobian)),
        )

    def joined(self, more: "Parts") -> Self:
        """Return this body with more parts."""
        return replace(
            self,
            structure=self.structure + more.structure,
            tissue=self.tissue + more.tissue,
            **{
                name: np.concatenate([getattr(self, name), getattr(more, name)])
                for name in ("label", "side", "volume_ml", "centre", "covariance")
            },
        )

    def group_volumes_ml(self) -> NDArray[np.float64]:
        """Volume of every label, shape (43,); entry 0 is everything that belongs to no group."""
        return np.bincount(self.label, weights=self.volume_ml, minlength=43).astype(np.float64)


@cache
def measured_body() -> Parts:
    """Return the body as it was measured: an adult man, 1.70 m, arms beside the body.

    Source: figures measured on BodyParts3D, (c) The Database Center for Life Science, CC BY 4.0; see ``body.md`` beside
    the table.
    """
    labels = {(group.pair.id, group.side.value): group.label for group in load_scheme().groups}
    rows = []
    table = (files("wbmri.simulation.body") / "body.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(table):
        covariance = np.array([[float(row["".join(sorted(a + b))]) for b in "xyz"] for a in "xyz"])
        centre = np.array([float(row[axis]) for axis in "xyz"])
        sides = ((0, "", np.eye(3)),) if row["paired"] == "0" else _SIDES
        for side, name, flip in sides:
            label = labels[row["group"], name] if row["group"] else 0
            volume = float(row["volume_ml"])
            rows.append(
                (row["structure"], Tissue(row["tissue"]), label, side, volume, flip @ centre, flip @ covariance @ flip),
            )
    structure, tissue_, label_, side_, volume_, centre_, covariance_ = zip(*rows, strict=True)
    return Parts(
        structure,
        tissue_,
        np.array(label_),
        np.array(side_),
        np.array(volume_),
        np.array(centre_),
        np.array(covariance_),
    )
