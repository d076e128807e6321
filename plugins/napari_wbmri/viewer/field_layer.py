"""The fitted field as a layer over the scan."""

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from napari_wbmri.viewer.display_grid import DisplayGrid
from wbmri.core import Box

NAME = "fitted field"

_COLOURS = Colormap([[0.45, 0.3, 0.75, 1.0], [0.5, 0.5, 0.5, 1.0], [0.95, 0.6, 0.15, 1.0]], name="field")
"""From violet (darker) over grey to orange (brighter)."""

_LEAST_RANGE = 1.25


def field_layer(field: NDArray[np.float32], box: Box, grid: DisplayGrid) -> Image:
    """Return the layer of a field.

    Parameters
    ----------
    field
        The factor, stored canonically (RAS).
    box
        Which voxels of the scan, stored canonically, these are.
    grid
        Where the scan lies on the screen.
    """
    # The screen runs to the back, the feet and the left: from the last canonical voxel of each axis.
    shown = np.log(field[::-1, ::-1, ::-1].transpose(1, 2, 0))
    step = np.array([box[axis].step for axis in (1, 2, 0)])
    first = np.array(grid.shape) - 1 - (np.array(shown.shape) - 1) * step
    reach = max(float(np.log(_LEAST_RANGE)), float(np.abs(np.percentile(shown, (2, 98))).max()))
    own = grid.stored_grid.stored_as("RAS").grid.crop(box)
    place = grid.layer() | {"scale": tuple(step * grid.spacing), "translate": grid.point(first)}
    place["metadata"] = DisplayGrid(own).layer()["metadata"]
    return Image(
        shown,
        name=NAME,
        colormap=_COLOURS,
        contrast_limits=(-reach, reach),
        opacity=0.45,
        blending="translucent_no_depth",
        interpolation2d="linear",
        **place,
    )
