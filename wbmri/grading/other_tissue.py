"""What lies beside the muscles, as a witness of the bias field: fat, marrow, vessels and organs share it, oedema not.

In every cell of a few centimetres the intensities of what is not muscle are explained by the same few tissues, each as
bright everywhere and in shares of its own, as in the unified segmentation of Ashburner and Friston 2005 (NeuroImage
26:839). A field that is right brings the tissues of all cells to the same brightness.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.image_artefacts import Surroundings, narrower, wider
from wbmri.grading.mixture import LogHistogram, gaussian
from wbmri.grading.parameters import PARAMETERS

_TISSUE = PARAMETERS.other_tissue

_HISTOGRAM = LogHistogram(_TISSUE.lowest, _TISSUE.highest, _TISSUE.step)

Floats = NDArray[np.float64]

_FAR_MM = 1e5
"""A voxel so large that no neighbour along its axis is looked at."""


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """What is not muscle, cell by cell.

    Parameters
    ----------
    points
        Middle of the tissue in each cell, mm from the first voxel of the canonical grid, shape (n, 3).
    counts
        Blocks per bin of the log ratio, shape (n, bins).
    shares
        Share of each label in the muscle around the cell, shape (n, 256).
    """

    points: Floats
    counts: Floats
    shares: Floats


def cells_of(around: Surroundings) -> Cells:
    """Divide what lies beside the muscles into cells.

    Parameters
    ----------
    around
        The surroundings of the muscles, by a field that is 1 everywhere.
    """
    muscle = around.label > 0
    x, y, z = around.spacing
    within, across = (x, _FAR_MM, z), (_FAR_MM, y, _FAR_MM)
    other = (
        narrower(narrower(around.body, within, _TISSUE.skin_mm), across, y)
        & ~wider(muscle, within, _TISSUE.skin_mm)
        & wider(muscle, around.spacing, _TISSUE.beside_mm)
    )
    points = (np.argwhere(other) + 0.5) * np.asarray(around.spacing)
    value = np.log(np.maximum(around.ratio[other].astype(np.float64), np.exp(_TISSUE.lowest)))
    cell = (points // np.asarray(_TISSUE.cell_mm)).astype(np.intp)
    _, inverse = np.unique(cell, axis=0, return_inverse=True)
    number = inverse.reshape(-1)  # NumPy 2.0 gives it a second axis
    size = np.bincount(number)
    kept = np.flatnonzero(size >= _TISSUE.least_blocks)
    counts = np.zeros((size.size, _HISTOGRAM.bins))
    np.add.at(counts, (number, _HISTOGRAM.bin_of(value)), 1.0)
    total = np.stack([np.bincount(number, points[:, axis]) for axis in range(3)], axis=1)
    middle: Floats = total[kept] / size[kept, None]
    return Cells(middle, counts[kept], _shares(around, middle))


def _shares(around: Surroundings, middle: Floats) -> Floats:
    """Share of each label in the muscle around places, shape (n, 256)."""
    place = np.argwhere(around.label > 0)[:: _TISSUE.every]
    label = around.label[tuple(place.T)]
    points = (place + 0.5) * np.asarray(around.spacing)
    made = np.zeros((len(middle), 256))
    for row, own in zip(made, middle, strict=True):
        near = np.exp(-0.5 * (((points - own) / np.asarray(_TISSUE.near_mm)) ** 2).sum(axis=1))
        row[:] = np.bincount(label, near, minlength=256) / max(float(near.sum()), 1e-9)
    return made


@dataclass(frozen=True, eq=False, slots=True)
class Tissues:
    """Middle and width, in log intensity, of the tissues that explain all cells, shape (tissues,)."""

    middle: Floats
    width: Floats


def tissues_of(cells: Cells, field: Floats, start: Tissues | None = None) -> tuple[Tissues, Floats]:
    """Explain the cells by the same few tissues, each in a share of its own in every cell.

    Parameters
    ----------
    cells
        The cells.
    field
        Logarithm of the bias field in each, shape (n,).
    start
        Tissues to start from; those that divide all blocks evenly if ``None``.

    Returns
    -------
    tuple of Tissues and ndarray
        The tissues, and the logarithm of how probable each cell is, shape (n,): as if it held a limited number of
        independent blocks.
    """
    place = _HISTOGRAM.centres[None, :] - field[:, None]
    if start is None:
        order = np.argsort(place, axis=None)
        below = np.cumsum(cells.counts.ravel()[order]) / cells.counts.sum()
        parts = (np.arange(_TISSUE.tissues) + 0.5) / _TISSUE.tissues
        start = Tissues(place.ravel()[order][np.searchsorted(below, parts)], np.full(_TISSUE.tissues, 0.25))
    middle, width = start.middle, start.width
    share = np.full((len(field), _TISSUE.tissues), 1 / _TISSUE.tissues)
    floor = _TISSUE.outlier / (_TISSUE.highest - _TISSUE.lowest)
    for _ in range(_TISSUE.rounds):
        away = place[:, None, :] - middle[None, :, None]
        taken = share[:, :, None] * gaussian(away, width[None, :, None])
        likelihood = taken.sum(axis=1) + floor
        taken *= (cells.counts / likelihood)[:, None, :]
        share = taken.sum(axis=2) + 0.5
        share /= share.sum(axis=1, keepdims=True)
        every = taken.sum(axis=(0, 2)) + 1e-6
        shift = (taken * away).sum(axis=(0, 2)) / every
        width = np.sqrt((taken * (away - shift[None, :, None]) ** 2).sum(axis=(0, 2)) / every)
        width = np.clip(width, *_TISSUE.widths)
        middle = middle + shift
    worth = np.minimum(1 / _TISSUE.alike, _TISSUE.most / cells.counts.sum(axis=1))
    return Tissues(middle, width), worth * (cells.counts * np.log(likelihood)).sum(axis=1)


def witness(cells: Cells, field: Floats, others: Sequence[Floats]) -> list[float]:
    """How much more probable other fields are than one, given what is not muscle, as differences of logarithms.

    Parameters
    ----------
    cells
        The cells.
    field, others
        Logarithm of each field in each cell, shape (n,).
    """
    if len(cells.points) == 0:
        return [0.0 for _ in others]
    first, fit = tissues_of(cells, field)
    made = []
    for other in others:
        # Each is also tried from where the other ended: what is compared is the fields, not where a search got stuck.
        second, other_fit = max((tissues_of(cells, other, start) for start in (None, first)), key=_probable)
        _, own_fit = max((first, fit), tissues_of(cells, field, second), key=_probable)
        apart = np.clip(other_fit - own_fit, -_TISSUE.cell_limit, _TISSUE.cell_limit)
        made.append(_TISSUE.worth * float(apart.sum()))
    return made


def _probable(found: tuple[Tissues, Floats]) -> float:
    return float(found[1].sum())
