"""Where the scan itself went wrong: ghosts of what moved, and fat that was not suppressed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.surroundings import Mask, Surroundings, wider
from wbmri.reading import Reason
from wbmri.scheme import Scheme

GHOST, GHOST_SHARE = 0.2, 0.1
"""A level of the body is ghosted where this share of the air beside it is brighter than the air of the quiet levels by
the first multiple of normal muscle: ghosts fall on muscle as they do on air."""

LEAST_AIR = 40
"""With fewer blocks of air at a level nothing is said about ghosts there."""

BRIGHT_FAT, FAT_QUANTILE = 0.8, 0.2
"""Fat is not suppressed where all but this share of the subcutis is brighter than this multiple of normal muscle.
Oedema of the subcutis lies in strands, with dark fat between them."""

CELL_MM, LEAST_FAT, BESIDE_MM = 60.0, 40, 25.0
"""Subcutis is looked at in cells of this size, along the body and across it, with so many blocks beside muscle."""

TRUNK = "axial"
"""Region whose muscles lie beside organs, brain and cord as much as beside fat; what is near them alone is left out."""

LEAST_SHARE, SPOILT_SHARE = 0.1, 0.5
"""A group with more than the second share of its volume there is not assessable; with more than the first its
confidence falls."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What spoils a group.

    Parameters
    ----------
    reason
        Motion or failed fat suppression.
    share
        Share of the group that lies there, 0..1.
    sentence
        What a reader is told.
    """

    reason: Reason
    share: float
    sentence: str

    @property
    def spoils(self) -> bool:
        """Whether the group cannot be graded."""
        return self.share > SPOILT_SHARE


def faults_of(around: Surroundings, scheme: Scheme, failed: Mask) -> Mapping[int, Fault]:
    """Find the groups that motion or failed fat suppression touches.

    Motion is seen by its ghosts in the air beside the body: where the picture shows none, it is not seen.

    Parameters
    ----------
    around
        What lies around the muscles.
    scheme
        Its groups.
    failed
        Blocks beside fat that is not suppressed, see `unsuppressed`.

    Returns
    -------
    mapping of int to Fault
        By label, the worse of the two; groups that neither touches are left out.
    """
    every = [group.label for group in scheme.groups]
    limbs = _limbs(scheme)
    size = np.maximum(np.bincount(around.label.ravel(), minlength=256), 1)
    made: dict[int, Fault] = {}
    ghosted = np.broadcast_to(_ghosted(around), around.label.shape)
    for reason, where, labels, words in (
        (Reason.MOTION, ghosted, every, "at levels with ghosts of motion"),
        (Reason.FAT_SUPPRESSION, failed, limbs, "beside fat that is not suppressed"),
    ):
        share = np.bincount(around.label[where], minlength=256) / size
        for label in labels:
            own = float(share[label])
            if own > LEAST_SHARE and (label not in made or own > made[label].share):
                made[label] = Fault(reason, own, f"{100 * own:.0f} % of the group lies {words}.")
    return made


def _ghosted(around: Surroundings) -> Mask:
    """Tell for each level of the body whether the air beside it holds ghosts, shape (k,)."""
    from scipy import ndimage

    bright = np.full(around.air.shape[2], np.nan)
    for level in np.flatnonzero(around.air.sum(axis=(0, 1)) >= LEAST_AIR):
        air = around.ratio[:, :, level][around.air[:, :, level]]
        bright[level] = np.quantile(air, 1 - GHOST_SHARE)
    seen = np.flatnonzero(~np.isnan(bright))
    if seen.size == 0:
        return np.zeros(bright.size, dtype=bool)
    # Ghosts may be so bright that no air is left: such levels lie between those that show it.
    bright = np.interp(np.arange(bright.size), seen, bright[seen])
    found = bright > float(np.quantile(bright, 0.25)) + GHOST
    # What moves does so over centimetres: one bright level alone is something else.
    made: Mask = ndimage.binary_opening(found, np.ones(max(1, round(20.0 / around.spacing[2])), dtype=bool))
    return made


def unsuppressed(around: Surroundings, scheme: Scheme) -> Mask:
    """Tell which blocks lie in a cell whose fat is not suppressed.

    Parameters
    ----------
    around
        What lies around the muscles.
    scheme
        Its groups.
    """
    limbs = _limbs(scheme)
    beside = around.subcutis & wider(np.isin(around.label, limbs), around.spacing, BESIDE_MM)
    place = np.nonzero(beside)
    value = around.ratio[place]
    cells = _cells(around)
    of_block = cells[place[0], place[2]]
    made = np.zeros(int(cells.max()) + 1, dtype=bool)
    for cell in np.flatnonzero(np.bincount(of_block, minlength=made.size) >= LEAST_FAT):
        made[cell] = np.quantile(value[of_block == cell], FAT_QUANTILE) > BRIGHT_FAT
    return np.broadcast_to(made[cells][:, None, :], around.label.shape)


def _limbs(scheme: Scheme) -> list[int]:
    return [group.label for group in scheme.groups if group.region != TRUNK]


def _cells(around: Surroundings) -> NDArray[np.intp]:
    """Return the number of the cell at each place across and along the body, shape (i, k)."""
    across, along = (
        (np.arange(around.label.shape[axis]) * around.spacing[axis] // CELL_MM).astype(np.intp) for axis in (0, 2)
    )
    made: NDArray[np.intp] = across[:, None] * (along.max() + 1) + along[None, :]
    return made
