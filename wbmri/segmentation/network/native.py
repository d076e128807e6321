"""From probabilities at 3 mm to labels on the scan's own voxels."""

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.frame import PAIRS

_DARK = 0.6
"""Signal relative to muscle below which a voxel is not muscle."""
_RAISED = 1.25
"""A group's median may lie this far above the lower quartile of all before it counts as raised by oedema."""
_LARGEST_SHARE = 0.1
"""Pieces of a group smaller than this share of its largest piece are dropped."""


def labels_on(
    shape: tuple[int, int, int], into: NDArray[np.float64], chances: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return the most probable label of every voxel, probabilities interpolated linearly.

    Parameters
    ----------
    shape
        Voxels of the scan.
    into
        4x4 matrix from the scan's voxel indices to those of `chances`.
    chances
        Probabilities of the pairs and of the right side, shape (x, y, z, 22).
    """
    labels = np.zeros(shape, np.uint8)
    near = _widened(chances[..., :PAIRS].max(-1) > 0.15)
    size = np.array(near.shape)
    flat = chances.reshape(-1, PAIRS + 1)
    strides = np.array([size[1] * size[2], size[2], 1])
    j, k = np.meshgrid(*(np.arange(n) for n in shape[1:]), indexing="ij")
    plane = into[:3, 1:3] @ np.stack([j.ravel(), k.ravel()]) + into[:3, 3:]
    for i in range(shape[0]):
        place = (plane + into[:3, :1] * i).T
        nearest = np.rint(place).astype(np.int64)
        inside = np.flatnonzero(((nearest >= 0) & (nearest < size)).all(1))
        inside = inside[near.ravel()[nearest[inside] @ strides]]
        if not inside.size:
            continue
        spot = np.clip(place[inside], 0, size - 1.001)
        base = spot.astype(np.int64)
        share = (spot - base).astype(np.float32)
        found = np.zeros((inside.size, PAIRS + 1), np.float32)
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, share, 1 - share), axis=1, dtype=np.float32)
            found += weight[:, None] * flat[np.minimum(base + corner, size - 1) @ strides]
        pair = found[:, :PAIRS].argmax(1)
        most = found[np.arange(inside.size), pair]
        none = 1 - found[:, :PAIRS].sum(1)
        label = 2 * pair + 1 + (found[:, PAIRS] > 0.5)
        row = np.zeros(plane.shape[1], np.uint8)
        row[inside] = np.where(most > none, label, 0)
        labels[i] = row.reshape(shape[1:])
    return labels


def in_muscle(labels: NDArray[np.uint8], image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the labels without voxels too dark for muscle: fat, fascia and compact bone at the edge of a group.

    Where fat is dark, half-way between fat and muscle lies at 0.6 of muscle. Muscle is the group's median or, where
    oedema raises that, a little above the lower quartile of all groups' medians, so that no normal muscle is lost.

    Parameters
    ----------
    labels
        Labels, shape (i, j, k).
    image
        The scan on the same voxels.
    """
    from scipy import ndimage

    present = np.unique(labels[labels > 0])
    if not present.size:
        return labels
    medians = np.zeros(256)
    boxes = ndimage.find_objects(labels)
    for label in present:
        box = boxes[label - 1]
        medians[label] = np.median(image[box][labels[box] == label])
    normal = _RAISED * np.quantile(medians[present], 0.25)
    least = (_DARK * np.minimum(medians, normal)).astype(np.float32)
    return np.where(image < least[labels], np.uint8(0), labels)


def without_islands(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the labels without pieces that are tiny beside the group's largest piece."""
    from scipy import ndimage

    out = labels.copy()
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        pieces, count = ndimage.label(labels[box] == label, np.ones((3, 3, 3)))
        if count > 1:
            sizes = np.bincount(pieces.ravel())
            sizes[0] = 0
            small = sizes < _LARGEST_SHARE * sizes.max()
            small[0] = False
            out[box][small[pieces]] = 0
    return out


def _widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    wide: NDArray[np.bool_] = ndimage.binary_dilation(mask)
    return wide
