"""How bright muscle is against normal muscle, in colours over the scan."""

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from napari_wbmri.viewer.display_grid import DisplayGrid

NAME = "ratio to normal muscle"

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
        name=NAME,
        colormap=Colormap(heat_colours(), name="ratio"),
        contrast_limits=(0, _MOST),
        blending="translucent_no_depth",
        interpolation2d="linear",
        **grid.layer(),
    )
