"""Layers in colours over the scan: the fitted field, and how bright muscle is against normal muscle."""

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from napari_wbmri.viewer.display_grid import DisplayGrid
from wbmri.core import Box

FIELD = "fitted field"

_FIELD_COLOURS = Colormap([[0.45, 0.3, 0.75, 1.0], [0.5, 0.5, 0.5, 1.0], [0.95, 0.6, 0.15, 1.0]], name="field")
"""From violet (darker) over grey to orange (brighter)."""

_LEAST_FIELD_RANGE = 1.25


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
    reach = max(float(np.log(_LEAST_FIELD_RANGE)), float(np.abs(np.percentile(shown, (2, 98))).max()))
    own = grid.stored_grid.stored_as("RAS").grid.crop(box)
    place = grid.layer() | {"scale": tuple(step * grid.spacing), "translate": grid.point(first)}
    place["metadata"] = DisplayGrid(own).layer()["metadata"]
    return Image(
        shown,
        name=FIELD,
        colormap=_FIELD_COLOURS,
        contrast_limits=(-reach, reach),
        opacity=0.45,
        blending="translucent_no_depth",
        interpolation2d="linear",
        **place,
    )


HEAT = "ratio to normal muscle"

LOWEST, HIGHEST = 1.0, 4.0
"""The ratios at which the colours begin and end."""

_STEPS = 64
_CLEAR_UNTIL = 0.05
"""Up to this share of the range, 1.15 times normal muscle, the scan alone is seen; the colours come up over as much."""
_OPACITY = 0.75
_MOST = 255


def heat_colours(count: int = _STEPS) -> NDArray[np.float64]:
    """Return the colours from the lowest to the highest ratio, shape (count, 4): equal steps look equally far apart."""
    from matplotlib import colormaps

    colours = np.array(colormaps["inferno"](np.linspace(0.25, 0.95, count)), dtype=np.float64)
    along = np.linspace(0.0, 1.0, count)
    colours[:, 3] = _OPACITY * np.clip((along - _CLEAR_UNTIL) / _CLEAR_UNTIL, 0.0, 1.0)
    return colours


def heat_layer(ratios: NDArray[np.float16], grid: DisplayGrid) -> Image:
    """Return the layer of the ratios of a scan.

    Parameters
    ----------
    ratios
        Ratios to normal muscle on the stored grid, 0 beside the muscles, shape (i, j, k).
    grid
        Where the scan lies on the screen.
    """
    # A byte for each voxel is as fine as the colours are, and quick to draw; a table spares reckoning in halves.
    every = np.nan_to_num(np.arange(2**16, dtype=np.uint16).view(np.float16))
    codes = np.interp(every, (LOWEST, HIGHEST), (0, _MOST)).astype(np.uint8)
    return Image(
        grid.shown(codes[ratios.view(np.uint16)]),
        name=HEAT,
        colormap=Colormap(heat_colours(), name="ratio"),
        contrast_limits=(0, _MOST),
        blending="translucent_no_depth",
        interpolation2d="linear",
        **grid.layer(),
    )
