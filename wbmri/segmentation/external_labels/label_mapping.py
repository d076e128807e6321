"""From another program's label numbers to those of the scheme, voxel by voxel, sides included."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, Json, Volume
from wbmri.core.scheme import Scheme, Side
from wbmri.registration import linear_on_grid
from wbmri.segmentation.external_labels.mapping_table import Mapping

_GRID_MM = 8.0
_SHIFTS_MM = np.arange(-120.0, 121.0, 6.0)
_TILTS = np.tan(np.radians(np.arange(-8.0, 8.1, 2.0)))
_FIRST_STEPS = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 8.0]])
"""Simplex the refinement starts with: mm, and hundredths of the slopes."""


@dataclass(frozen=True, slots=True)
class Midline:
    """A nearly sagittal plane: x = shift + tilt * z + turn * y, all in RAS mm.

    Parameters
    ----------
    shift_mm
        Where it crosses the x axis.
    tilt, turn
        How far x changes per mm upwards and per mm forwards.
    """

    shift_mm: float
    tilt: float
    turn: float

    def right_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points, RAS mm of shape (3, ...), lie to the patient's right of the plane, in mm along x."""
        right: NDArray[np.float64] = points[0] - self.shift_mm - self.tilt * points[2] - self.turn * points[1]
        return right


def find_midline(volume: Volume) -> Midline:
    """Find the body's midline: the body mask is laid over its mirror image, as seen from the front and then in full.

    Parameters
    ----------
    volume
        A scan on which both halves of the body can be seen.
    """
    from scipy import optimize

    body, origin = _body(volume)
    x, y, z = (first + _GRID_MM * np.arange(n) for first, n in zip(origin, body.shape, strict=True))
    front = body.sum(axis=1, keepdims=True)
    centre = float((front.sum((1, 2)) * x).sum() / front.sum())
    middle_z, middle_y = float(z.mean()), float(y.mean())

    def unlike(seen: NDArray[np.float32], shift: float, tilt: float, turn: float) -> float:
        # The plane is described at the middle of the scan, so that shift and slopes do not depend on each other.
        depth = y - middle_y if seen.shape[1] > 1 else np.zeros(1)
        plane = shift + tilt * (z - middle_z)[None, :] + turn * depth[:, None]
        mirrored = (2 * plane[None] - x[:, None, None] - origin[0]) / _GRID_MM
        low = np.floor(mirrored).astype(np.int64)
        share = (mirrored - low).astype(np.float32)
        j, k = np.meshgrid(np.arange(seen.shape[1]), np.arange(seen.shape[2]), indexing="ij")
        padded = np.pad(seen, ((1, 2), (0, 0), (0, 0)))
        low = np.clip(low + 1, 0, padded.shape[0] - 2)
        there = padded[low, j[None], k[None]] * (1 - share) + padded[low + 1, j[None], k[None]] * share
        return float(np.abs(seen - there).sum())

    _, shift, tilt = min((unlike(front, centre + s, t, 0.0), centre + s, float(t)) for s in _SHIFTS_MM for t in _TILTS)

    def unlike_at(place: NDArray[np.float64]) -> float:
        return unlike(body, float(place[0]), float(place[1]) / 100, float(place[2]) / 100)

    # Nelder-Mead: the mismatch is piecewise linear, without a useful gradient.
    start = np.array([shift, tilt * 100, 0.0])
    best = optimize.fmin(
        unlike_at,
        start,
        initial_simplex=start + _FIRST_STEPS,
        maxiter=80,
        disp=False,
    )
    shift, tilt, turn = (float(best[0]), float(best[1]) / 100, float(best[2]) / 100)
    return Midline(shift - tilt * middle_z - turn * middle_y, tilt, turn)


def _body(volume: Volume) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return what stands out from the background, 0 or 1, on a coarse grid along the world axes, and its origin."""
    from skimage.filters import threshold_otsu

    grid = volume.grid.enclosing(_GRID_MM)
    data = np.maximum(linear_on_grid(volume, grid), 0)
    # On log intensities, so that fluid does not draw the threshold above muscle and fat.
    logs = np.log1p(data * (50 / max(float(np.percentile(data, 99)), 1e-6)))
    return (logs > threshold_otsu(logs)).astype(np.float32), grid.origin


_AGREE = 0.8
"""Where labels with a side are at hand, this share of their voxels must lie on their side of the midline."""


@dataclass(frozen=True, eq=False, slots=True)
class Mapped:
    """Labels of a scheme, made from another program's.

    Parameters
    ----------
    data
        The scheme's labels, uint8, shape (i, j, k).
    labelled
        Voxels to which the other program gave any label: muscle of no group, bone and organs too.
    partial
        Labels of groups of which some muscle has no label in the other program.
    parameters
        What decided the result, for provenance.
    """

    data: NDArray[np.uint8]
    labelled: NDArray[np.bool_]
    partial: frozenset[int]
    parameters: dict[str, Json]


def map_labels(
    numbers: NDArray[np.int32],
    grid: Grid,
    volume: Volume,
    mapping: Mapping,
    scheme: Scheme,
) -> Mapped:
    """Turn the numbers of another program into labels of a scheme.

    A label without a side gets one voxel by voxel, from the side of the body's midline it lies on.

    Parameters
    ----------
    numbers
        The other program's label map, shape (i, j, k).
    grid
        The grid of that map.
    volume
        The scan it belongs to, on which the midline is found.
    mapping
        The table.
    scheme
        The scheme the table maps to.

    Raises
    ------
    InputError
        If the scheme lacks a pair of the table; if the map holds numbers the table does not have, or those of another
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
        _check_sides(numbers, grid, sided, midline, mapping)
        for number, pair in unsided:
            at = np.nonzero(numbers == number)
            right = midline.right_of(_points(at, grid)) > 0
            data[at] = np.where(right, sides[pair, Side.RIGHT], sides[pair, Side.LEFT])
        parameters["midline"] = {
            "shift_mm": round(midline.shift_mm, 1),
            "tilt": round(midline.tilt, 4),
            "turn": round(midline.turn, 4),
        }
    partial = frozenset(label for (pair, _), label in sides.items() if pair in mapping.partial)
    return Mapped(data, numbers != 0, partial, parameters)


def _points(index: tuple[NDArray[np.intp], ...], grid: Grid) -> NDArray[np.float64]:
    """Return where voxels lie in RAS mm, shape (3, n)."""
    return grid.points(np.stack(index, axis=-1)).T


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
    grid: Grid,
    sided: dict[int, Side],
    midline: Midline,
    mapping: Mapping,
) -> None:
    """Hold the midline against labels that name their side, where there are any."""
    on_their_side = total = 0
    for number, side in sided.items():
        right = midline.right_of(_points(np.nonzero(numbers == number), grid)) > 0
        total += right.size
        on_their_side += int(np.count_nonzero(right == (side is Side.RIGHT)))
    if total and on_their_side < _AGREE * total:
        raise InputError(
            f"labels of which {on_their_side / total:.0%} lie on the side of the body that they name",
            f"at least {_AGREE:.0%}, so that labels without a side can be given one",
            f"check the orientation of the label map, and that the scan shows both halves of the body ({mapping.name})",
        )
