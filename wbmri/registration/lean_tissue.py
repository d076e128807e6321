"""What scans and bodies are compared by: how much of a voxel is lean tissue.

On STIR fat, air, lung and cortical bone are dark, and everything that holds water is bright. Scaled to the level of
muscle and cut off there, a healthy and a diffusely oedematous muscle look the same, and so do organs and fluid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, Volume
from wbmri.registration.resample import field_of_view, linear_on_grid

WORKING_MM = 4.0
"""Voxel size at which scan and model are compared: about the slice thickness of a coronal STIR."""

_DARK, _LEAN = 0.3, 0.8
"""Share of the level of lean tissue at which a voxel counts as not lean at all, and as wholly lean."""

_LEAST_BODY_ML = 500.0
_LEAST_CONTRAST = 1.8


@dataclass(frozen=True, eq=False, slots=True)
class Lean:
    """Lean tissue, 0..1 per voxel, on a cubic grid along the world axes.

    Parameters
    ----------
    data
        Shape (x, y, z), the first voxel most left, posterior and inferior.
    grid
        Where the voxels lie.
    """

    data: NDArray[np.float32]
    grid: Grid

    @property
    def spacing_mm(self) -> float:
        """Distance between voxel centres."""
        return self.grid.spacing[0]


def lean_share(intensity: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Return how much of each voxel is lean tissue, 0..1, given the intensity of lean tissue."""
    share: NDArray[np.float32] = np.clip((intensity / np.float32(level) - _DARK) / (_LEAN - _DARK), 0, 1)
    return share


def lean_of_volume(volume: Volume, spacing_mm: float = WORKING_MM) -> tuple[Lean, float]:
    """Return the scan's lean tissue on the working grid, and the intensity that was taken for lean.

    Parameters
    ----------
    volume
        The scan.
    spacing_mm
        Voxel size of the grid.

    Raises
    ------
    InputError
        If too little stands out from the background to be a part of a body.
    """
    from skimage.filters import threshold_otsu

    grid = volume.grid.enclosing(spacing_mm)
    data = linear_on_grid(volume, grid)
    # What lies beyond the corners of an oblique scan is no background: it has no noise.
    view = field_of_view(volume.grid, grid)
    # Otsu on log intensities, so that fluid twenty times as bright as fat does not draw the threshold above muscle.
    seen = np.maximum(data[view], 0)
    top = float(np.percentile(seen, 99)) if seen.size else 0.0
    threshold = np.expm1(threshold_otsu(np.log1p(seen * (50 / top)))) * top / 50 if top > 0 else 0.0
    stands_out = view & (data > threshold)
    bright_ml = np.count_nonzero(stands_out) * grid.voxel_ml
    level, background = (float(np.median(data[m])) if m.any() else 0.0 for m in (stands_out, view & ~stands_out))
    # Noise splits into a brighter and a darker half too, but not by a factor.
    if bright_ml < _LEAST_BODY_ML or level < _LEAST_CONTRAST * background:
        raise InputError(
            f"an image in which {bright_ml:.0f} ml stand out, {level / max(background, 1e-9):.1f} times the background",
            f"a STIR scan of a body: {_LEAST_BODY_ML:.0f} ml, {_LEAST_CONTRAST:g} times the background or more",
            "check with 'wbmri inspect' that the right series was chosen",
        )
    return Lean(lean_share(data, level), grid), level
