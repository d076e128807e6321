"""From probabilities at 3 mm to labels on the scan's own voxels: sides, no dark voxels, no islands."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.core.scheme import Scheme, Side
from wbmri.segmentation.network.preprocessing import PAIRS, TILE_COARSE, TILE_FINE
from wbmri.segmentation.network.sliding_window import side_by_side

_BLUR = 1.5
"""Coarse voxels over which the first guess at the midline may be off."""
_SURE = 0.03
"""Where the blurred share of the right half is this close to 0 or 1, the first guess decides."""


def correct_sides(
    probabilities: NDArray[np.float32],
    first: tuple[int, int, int],
    right: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the probabilities with the side replaced wherever the first guess is sure.

    Parameters
    ----------
    probabilities
        Probabilities of the pairs and of the right side at 3 mm, shape (x, y, z, 22); the last are changed in place.
    first
        Where they begin on the fine grid.
    right
        Share of the right half on the coarse grid, from the first guess.
    """
    from scipy import ndimage

    ratio = TILE_COARSE / TILE_FINE
    there = ndimage.affine_transform(
        ndimage.gaussian_filter(right, _BLUR, mode="nearest"),
        np.full(3, ratio),
        (np.array(first) + 0.5) * ratio - 0.5,
        probabilities.shape[:3],
        order=1,
        mode="nearest",
    )
    side = probabilities[..., PAIRS]
    side[there < _SURE] = 0
    side[there > 1 - _SURE] = 1
    return probabilities


_DARK = 0.6
"""Signal relative to muscle below which a voxel is not muscle: half-way to fat that keeps 0.2 of muscle's signal."""
_RAISED = 1.25
"""A group's median may lie this far above the lower quartile of all before it counts as raised by oedema."""
_BRIGHTEST = 1.5
"""Voxels brighter than this, relative to that quartile, count no more for the level of muscle around them."""
_CELL_MM, _AROUND_MM = 8.0, 25.0
"""Cells in which the level of muscle is gathered, and the standard deviation over which it is averaged."""
_SOME = 0.15
"""Where less speaks for muscle of any group, no voxel is looked at."""
MUSCLE_THRESHOLD = 0.3
"""Probability of muscle from which on a voxel belongs to a group. Half of the overlap to be expected is best (Lipton et
al. 2014, Optimal thresholding of classifiers to maximize F1 measure); less is here, as was measured, since what is too
dark is left out later."""
_LARGEST_SHARE = 0.1
"""Pieces of a group smaller than this share of its largest piece are dropped."""
_PIECE_MM = 4.0
"""Voxels in neighbouring cells of about this size are of one piece: thin fat and dark voxels do not part a muscle."""


def muscle_probability(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how probable muscle of any pair is, shape (x, y, z); `probabilities` as of `labels_on_scan`."""
    # Little of the box holds muscle, so that all else begins here. This is the fastest sum that does not depend on how
    # many threads share it, as that of a matrix product may.
    made: NDArray[np.float32] = np.einsum("...k,k->...", probabilities, np.array([1] * PAIRS + [0], np.float32))
    return made


def labels_on_scan(
    scan: Grid,
    fine: Grid,
    first: tuple[int, int, int],
    probabilities: NDArray[np.float32],
    scheme: Scheme,
    at_once: int = 1,
) -> NDArray[np.uint8]:
    """Return the most probable label of every voxel that is muscle, probabilities interpolated linearly.

    Parameters
    ----------
    scan
        The grid of the scan.
    fine, first
        The fine grid, and the index on it of the first voxel of `probabilities`.
    probabilities
        Probabilities of the pairs and of the right side, shape (x, y, z, 22).
    scheme
        The scheme whose labels are meant.
    at_once
        How many planes are looked at side by side; the answer is the same, whatever it is.
    """
    shape, into = scan.shape, scan.index_map(fine)
    into[:3, 3] -= first
    label_of = np.array([[scheme.label_of(pair, side) for side in (Side.LEFT, Side.RIGHT)] for pair in range(PAIRS)])
    labels = np.zeros(shape, np.uint8)
    near = _widened(muscle_probability(probabilities) > _SOME)
    size = np.array(near.shape)
    flat = probabilities.reshape(-1, PAIRS + 1)
    strides = np.array([size[1] * size[2], size[2], 1])
    j, k = np.meshgrid(*(np.arange(n) for n in shape[1:]), indexing="ij")
    plane = into[:3, 1:3] @ np.stack([j.ravel(), k.ravel()]) + into[:3, 3:]

    def across(i: int) -> NDArray[np.uint8]:
        row = np.zeros(plane.shape[1], np.uint8)
        place = (plane + into[:3, :1] * i).T
        nearest = np.rint(place).astype(np.int64)
        inside = np.flatnonzero(((nearest >= 0) & (nearest < size)).all(1))
        inside = inside[near.ravel()[nearest[inside] @ strides]]
        spot = np.clip(place[inside], 0, size - 1.001)
        base = spot.astype(np.int64)
        share = (spot - base).astype(np.float32)
        found = np.zeros((inside.size, PAIRS + 1), np.float32)
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, share, 1 - share), axis=1, dtype=np.float32)
            # Other than with an index in brackets, others may go on meanwhile.
            found += weight[:, None] * flat.take(np.minimum(base + corner, size - 1) @ strides, axis=0)
        pairs = found[:, :PAIRS]
        label = label_of[pairs.argmax(1), (found[:, PAIRS] > 0.5).astype(np.intp)]
        row[inside] = np.where(pairs.sum(1) > MUSCLE_THRESHOLD, label, 0)
        return row.reshape(shape[1:])

    for i, row in enumerate(side_by_side(across, range(shape[0]), at_once)):
        labels[i] = row
    return labels


def remove_dark_voxels(
    labels: NDArray[np.uint8],
    image: NDArray[np.float32],
    spacing: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """Return the labels without voxels too dark for muscle: fat, fascia and compact bone at the edge of a group.

    Where fat is dark, half-way between fat and muscle lies at 0.6 of muscle. Muscle is what is labelled around the
    voxel and not dark itself, so that shading moves the limit along; oedema counts no more than a little above the
    lower quartile of all groups' medians, so that no normal muscle beside it is lost.

    Parameters
    ----------
    labels
        Labels, shape (i, j, k).
    image
        The scan on the same voxels.
    spacing
        Voxel size in mm.
    """
    from scipy import ndimage

    place = np.nonzero(labels)
    if not place[0].size:
        return labels
    label, signal = labels[place], image[place]
    present = np.unique(label)
    medians = ndimage.median(signal, label, present)
    normal = float(np.quantile(medians, 0.25))
    own = np.zeros(256)
    own[present] = np.minimum(medians, _RAISED * normal)
    bright = signal >= _DARK * own[label]
    # Gathered in cells, since the level changes slowly.
    cell = np.stack([(index + 0.5) * step / _CELL_MM for index, step in zip(place, spacing, strict=True)])
    shape = tuple(int(n) + 1 for n in cell.max(1))
    flat = np.ravel_multi_index(tuple(cell.astype(np.int64)), shape)

    def gathered(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        cells = np.bincount(flat, weight, int(np.prod(shape))).astype(np.float64).reshape(shape)
        wide: NDArray[np.float64] = ndimage.gaussian_filter(cells, _AROUND_MM / _CELL_MM)
        return wide

    level = gathered(np.where(bright, np.minimum(signal, _BRIGHTEST * normal), 0.0)) + 1e-3 * normal
    level /= gathered(bright.astype(np.float64)) + 1e-3
    around = ndimage.map_coordinates(level, cell - 0.5, order=1, mode="nearest")
    kept = labels.copy()
    kept[place] = np.where(signal < _DARK * around, np.uint8(0), label)
    return kept


def remove_islands(labels: NDArray[np.uint8], spacing: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Return the labels without pieces that are tiny beside the group's largest piece.

    Parameters
    ----------
    labels
        Labels, shape (i, j, k).
    spacing
        Voxel size in mm.
    """
    from scipy import ndimage

    out = labels.copy()
    together = np.array([max(1, round(_PIECE_MM / step)) for step in spacing])
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        place = np.argwhere(labels[box] == label)
        cell = tuple((place // together).T)
        cells = np.zeros([int(along.max()) + 1 for along in cell], bool)
        cells[cell] = True
        pieces, count = ndimage.label(cells, np.ones((3, 3, 3)))
        if count > 1:
            piece = pieces[cell]
            sizes = np.bincount(piece)
            small = sizes < _LARGEST_SHARE * sizes.max()
            out[box][tuple(place[small[piece]].T)] = 0
    return out


def _widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    wide: NDArray[np.bool_] = ndimage.binary_dilation(mask)
    return wide
