"""Oedema with known truth: how much brighter than healthy muscle each voxel is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body import SmoothField

_PATCH_MM = 11.0
"""Radius of a patch: the smoothing of the random field whose peaks are oedematous."""
_DIFFUSE_MM = 40.0
"""The same for diffuse oedema, which lies in one piece."""
_UNEVEN = 0.12
"""Standard deviation of the signal within diffuse oedema, relative to what it is raised by."""
_DIFFUSE_SHARE = 7 / 34
"""Homogeneous in 7 of 34 children with juvenile dermatomyositis, patchy in 27 (Malattia 2014, Ann Rheum Dis 73)."""


@dataclass(frozen=True, slots=True)
class Involvement:
    """Oedema of one group.

    Parameters
    ----------
    fraction
        Share of the group's voxels that are oedematous.
    ratio
        Their signal as a multiple of healthy muscle; if diffuse, on average.
    diffuse
        Whether they lie in one piece that shades off, instead of in patches of one brightness.
    """

    fraction: float
    ratio: float
    diffuse: bool = False


def oedema_ratio(
    labels: NDArray[np.uint8],
    spacing: tuple[float, float, float],
    involved: Mapping[int, Involvement],
    seed: int,
) -> NDArray[np.float32]:
    """Return the signal of each voxel as a multiple of healthy muscle: 1 outside the patches.

    Parameters
    ----------
    labels
        Muscle labels, shape (i, j, k).
    spacing
        Voxel size in mm.
    involved
        Oedema per label.
    seed
        Where the patches lie; the same seed puts them in the same places of the same labels.
    """
    from scipy import ndimage

    ratio = np.ones(labels.shape, np.float32)
    boxes = ndimage.find_objects(labels)
    for label, oedema in involved.items():
        box = boxes[label - 1] if label <= len(boxes) else None
        if box is None or oedema.fraction <= 0:
            continue
        mask = labels[box] == label
        noise = np.random.default_rng([seed, label]).standard_normal(mask.shape).astype(np.float32)
        grain_mm = _DIFFUSE_MM if oedema.diffuse else _PATCH_MM
        field = ndimage.gaussian_filter(noise, [grain_mm / size for size in spacing])[mask]
        wet = field > np.quantile(field, 1 - oedema.fraction)
        bright = np.full(field.shape, oedema.ratio, np.float32)
        if oedema.diffuse and wet.any():
            deep = (field - field[wet].mean()) / max(float(field[wet].std()), 1e-9)
            bright += np.float32((oedema.ratio - 1) * _UNEVEN) * np.clip(deep, -3, 3)
        ratio[box][mask] = np.where(wet, bright, np.float32(1))
    return ratio


def random_involvement(labels: NDArray[np.uint8], seed: int, borderline: float = 0.3) -> dict[int, Involvement]:
    """Draw the oedema of each group in view: none, mild, marked, or on the border between two grades.

    Parameters
    ----------
    labels
        Muscle labels.
    seed
        Same seed, same oedema.
    borderline
        Share of the groups whose involved fraction lies close to 2.5 % or 50 %, or whose signal is hardly raised.
    """
    rng = np.random.default_rng(seed)
    involved = {}
    for label in np.unique(labels[labels > 0]).tolist():
        close, which = rng.random() < borderline, int(rng.integers(3))
        fraction, ratio = rng.uniform(0.1, 0.95), rng.uniform(1.5, 2.8)
        if close:
            fraction = (rng.uniform(0.015, 0.035), rng.uniform(0.45, 0.55), fraction)[which]
            ratio = rng.uniform(1.15, 1.4) if which == 2 else ratio
        if close or which:
            involved[label] = Involvement(float(fraction), float(ratio), bool(rng.random() < _DIFFUSE_SHARE))
    return involved


@dataclass(frozen=True, eq=False, slots=True)
class RandomOedema:
    """Oedema of every group of a training body: patches of all groups are peaks of one smooth field.

    Parameters
    ----------
    threshold
        Height of the field above which a group's voxels are oedematous, by label; in standard deviations.
    signal
        Signal of oedematous voxels relative to the group's, by label.
    patches
        The field, standard deviation about 1.
    """

    threshold: NDArray[np.float32]
    signal: NDArray[np.float32]
    patches: SmoothField

    def ratio(self, labels: NDArray[np.uint8], axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the signal of the voxels with a label as multiples of their group's, shape (n,).

        Parameters
        ----------
        labels
            Muscle labels, shape (x, y, z).
        axes
            Places of the voxels along x, y and z.
        """
        muscle = labels > 0
        label, patches = labels[muscle], self.patches.on_grid(axes)[0][muscle]
        return np.where(patches > self.threshold[label], self.signal[label], np.float32(1))
