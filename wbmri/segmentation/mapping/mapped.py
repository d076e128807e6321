"""From another program's label numbers to those of the scheme, voxel by voxel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.provenance import Json
from wbmri.scheme import Scheme, Side
from wbmri.segmentation.mapping.midline import Midline, find_midline
from wbmri.segmentation.mapping.table import Mapping
from wbmri.volume import Volume

_AGREE = 0.8
"""Where labels with a side are at hand, this share of their voxels must lie on their side of the midline."""


@dataclass(frozen=True, eq=False, slots=True)
class Mapped:
    """Labels of a scheme, made from another program's.

    Parameters
    ----------
    data
        The scheme's labels, uint8, shape (i, j, k).
    taken
        Voxels to which the other program gave any label: muscle of no group, bone and organs too.
    partly
        Labels of groups of which some muscle has no label in the other program.
    parameters
        What decided the result, for provenance.
    """

    data: NDArray[np.uint8]
    taken: NDArray[np.bool_]
    partly: frozenset[int]
    parameters: dict[str, Json]


def map_labels(
    numbers: NDArray[np.int32], affine: NDArray[np.float64], volume: Volume, mapping: Mapping, scheme: Scheme
) -> Mapped:
    """Turn the numbers of another program into labels of a scheme.

    A label without a side gets one voxel by voxel, from the side of the body's midline it lies on.

    Parameters
    ----------
    numbers
        The other program's label map, shape (i, j, k).
    affine
        4x4 matrix from its voxel indices to RAS mm.
    volume
        The scan it belongs to, on which the midline is found.
    mapping
        The table.
    scheme
        The scheme the table maps to.

    Raises
    ------
    InputError
        If the table is for another scheme; if the map holds numbers the table does not have, or those of another
        version; or if labels that name a side lie on the other one.
    """
    mapping.check_scheme(scheme)
    present = {int(number) for number in np.unique(numbers)} - {0}
    _check_numbers(present, mapping)
    sides = {(group.pair.id, group.side): group.label for group in scheme.groups}
    known = [label for label in mapping.labels if label.number in present]
    table = np.zeros(max(present, default=0) + 1, np.uint8)
    for label in known:
        if label.pair and label.side:
            table[label.number] = sides[label.pair, label.side]
    data = table[numbers]
    parameters: dict[str, Json] = {"mapping": mapping.name, "title": mapping.title}
    unsided = [(label.number, label.pair) for label in known if label.pair and not label.side]
    if unsided:
        midline = find_midline(volume)
        sided = {label.number: label.side for label in known if label.side}
        _check_sides(numbers, affine, sided, midline, mapping)
        for number, pair in unsided:
            at = np.nonzero(numbers == number)
            right = midline.right_of(_world(at, affine)) > 0
            data[at] = np.where(right, sides[pair, Side.RIGHT], sides[pair, Side.LEFT])
        parameters["midline"] = {
            "shift_mm": round(midline.shift_mm, 1),
            "tilt": round(midline.tilt, 4),
            "turn": round(midline.turn, 4),
        }
    partly = frozenset(label for (pair, _), label in sides.items() if pair in mapping.partly)
    return Mapped(data, numbers != 0, partly, parameters)


def _world(index: tuple[NDArray[np.intp], ...], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    world: NDArray[np.float64] = affine[:3, :3] @ np.stack(index) + affine[:3, 3:]
    return world


def _check_numbers(present: set[int], mapping: Mapping) -> None:
    unknown = sorted(present - {label.number for label in mapping.labels})
    if unknown:
        shown = ", ".join(str(number) for number in unknown[:5])
        raise InputError(
            f"a label map with {len(unknown)} labels that {mapping.title} does not have ({shown}"
            f"{', ...' if len(unknown) > 5 else ''})",
            f"the numbers of the mapping {mapping.name}",
            "name the mapping of the program, task and version that made the map",
        )
    for sign in mapping.suspect:
        if present & set(sign.present) and not present & set(sign.absent):
            raise InputError(
                f"a label map that looks like {sign.means}",
                mapping.title,
                "segment again with that version, or write a mapping file for the other one",
            )


def _check_sides(
    numbers: NDArray[np.int32],
    affine: NDArray[np.float64],
    sided: dict[int, Side],
    midline: Midline,
    mapping: Mapping,
) -> None:
    """Hold the midline against labels that name their side, where there are any."""
    on_their_side = total = 0
    for number, side in sided.items():
        right = midline.right_of(_world(np.nonzero(numbers == number), affine)) > 0
        total += right.size
        on_their_side += int(np.count_nonzero(right == (side is Side.RIGHT)))
    if total and on_their_side < _AGREE * total:
        raise InputError(
            f"labels of which {on_their_side / total:.0%} lie on the side of the body that they name",
            f"at least {_AGREE:.0%}, so that labels without a side can be given one",
            f"check the orientation of the label map, and that the scan shows both halves of the body ({mapping.name})",
        )
