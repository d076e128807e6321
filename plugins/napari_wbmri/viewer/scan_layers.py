"""The layers of a scan, its groups and their contours: made once, and given what is new with the next scan."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray


class ScanLayers:
    """Puts a scan into a viewer; to make the layers anew for each takes several times as long.

    Parameters
    ----------
    viewer
        The viewer.
    palette
        The colours of the contours, by what stands for each.
    """

    def __init__(self, viewer: ViewerModel, palette: Mapping[int | None, tuple[float, ...]]) -> None:
        self._viewer, self._palette = viewer, palette
        self._made: tuple[Image, Labels, Labels] | None = None

    def of(
        self, image: NDArray[Any], labels: NDArray[np.uint8], where: dict[str, Any], lines: dict[str, Any]
    ) -> tuple[Image, Labels, Labels]:
        """Return the layers of a scan, its groups and their contours, none of them in view, and no others beside them.

        Parameters
        ----------
        image, labels
            Intensities and labels on the screen's grid.
        where
            Where that grid lies, as `DisplayGrid.layer` has it.
        lines
            Where that of the contours lies, and its data.
        """
        layers = self._viewer.layers
        # The reader may have taken one of them out of napari's list.
        if self._made is None or not all(layer in layers for layer in self._made):
            layers.clear()
            self._made = self._lay_down(image, labels, where, lines)
            return self._made
        for other in [one for one in layers if one not in self._made]:
            layers.remove(other)
        # Out of view, they are not sliced with half of what is new.
        for layer in self._made:
            layer.visible = False
        for layer, place in zip(self._made, (where | {"data": image}, where | {"data": labels}, lines), strict=True):
            for name in ("data", "scale", "translate", "metadata"):
                setattr(layer, name, place[name])
        return self._made

    def _lay_down(
        self, image: NDArray[Any], labels: NDArray[np.uint8], where: dict[str, Any], lines: dict[str, Any]
    ) -> tuple[Image, Labels, Labels]:
        scan = Image(image, interpolation2d="linear", visible=False, **where)
        groups = Labels(labels, name="muscle groups", visible=False, **where)
        # Tested for depth, lines in the plane of the scan may be hidden by it.
        drawn = Labels(name="contours", opacity=1.0, visible=False, blending="translucent_no_depth", **lines)
        drawn.colormap = DirectLabelColormap(color_dict=dict(self._palette))
        for layer in (groups, drawn):
            layer.editable = False
        self._viewer.layers.extend([scan, groups, drawn])
        return scan, groups, drawn

    def clear(self) -> bool:
        """Take everything off the screen; return whether there was a scan."""
        if self._made is None:
            return False
        layers, self._made = list(self._viewer.layers), None
        self._viewer.layers.clear()
        # napari's controls keep the layers themselves.
        for layer in layers:
            layer.data = np.zeros((1,) * layer.ndim, layer.data.dtype)
        return True
