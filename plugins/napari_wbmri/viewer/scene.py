"""One case in one napari viewer model: the scan, its contours, and where the view is. No Qt."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
from napari_wbmri.viewer.field_layer import NAME as FIELD
from napari_wbmri.viewer.field_layer import field_layer
from napari_wbmri.viewer.heat_map import NAME as HEAT
from napari_wbmri.viewer.heat_map import heat_layer
from napari_wbmri.viewer.label_contours import Edges
from napari_wbmri.viewer.marks import Mark, Standing, rgb_of
from wbmri.core import BiasFieldSpline
from wbmri.grading import fitted_field
from wbmri.report.figures import DisplayWindow
from wbmri.review import ViewState
from wbmri.review.label_editor import LabelChange

_CLEAR = (0.0, 0.0, 0.0, 0.0)
_CHOSEN = (1.0, 1.0, 1.0, 1.0)

_FILLED_SHARE = 0.45
"""How much of the canvas the chosen group takes up."""

_LEAST_WIDTH = 0.002
"""No window is narrower than this share of the brightest voxel."""

_LEAST_MM, _MOST_MM = 160.0, 520.0
"""How much of the body is shown around a group, at least and at most."""


class Contours(Enum):
    """Which outlines are drawn."""

    ALL = "all contours"
    CHOSEN = "this group's contour"
    NONE = "no contours"


class Depth(Enum):
    """What of the third dimension is shown."""

    SLICE = "slice"
    PROJECTION = "projection"
    BODY = "3D projection"


class Scene:
    """Shows one scan with the contours of its groups.

    Parameters
    ----------
    viewer
        The viewer, or a viewer model without a window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        self.contours = Contours.ALL
        self.depth = Depth.SLICE
        self.plane = "coronal"
        self.preset = 0
        self.label = 0
        self._marks: Mapping[int, Mark] = {}
        self._stored = np.zeros((1, 1, 1), np.uint8)
        self._highest = 1.0

    def show(
        self,
        name: str,
        image: NDArray[np.float32],
        labels: NDArray[np.uint8],
        grid: DisplayGrid,
        marks: Mapping[int, Mark] = MappingProxyType({}),
        place: ViewState | None = None,
    ) -> None:
        """Put a scan and its outlines on the screen, in place of what was there.

        Parameters
        ----------
        name
            What to call the scan.
        image, labels
            Intensities and labels on the stored grid. The labels are copied; `change` keeps the copy up to date.
        grid
            Where the stored grid lies on the screen.
        marks
            What stands for each group, as for `colour`.
        place
            Which slice of which plane to begin with; `go_to` does the rest once the canvas has its size.
        """
        self.grid, self._marks = grid, marks
        if place is not None:
            self.plane, self.label = place.plane, place.label
        self._stored = np.array(labels, dtype=np.uint8)
        self._boxes: dict[int, tuple[slice, ...]] = {}
        if self.viewer.layers:
            self.viewer.layers.clear()
        self._highest = float(image.max())
        limits = (0.0, self._highest)
        shown = grid.shown(image)
        self.scan = Image(shown, name=name, interpolation2d="linear", contrast_limits=limits, **grid.layer())
        self._edges: dict[str, Edges] = {}
        self.groups = Labels(grid.shown(self._stored), name="muscle groups", visible=False, **grid.layer())
        with ThreadPoolExecutor(1) as beside:
            borders = beside.submit(self._borders)
            self.viewer.layers.append(self.scan)
            self.viewer.dims.order = PLANES[self.plane]
            # Before there is more that would be sliced anew.
            point = self.middle(self.label) if place is None or place.point_mm is None else grid.world(place.point_mm)
            if point is not None:
                self._slice(point)
        self.lines = Labels(borders.result().data, name="contours", opacity=1.0, **self._fine_layer())
        for layer in (self.groups, self.lines):
            layer.editable = False
        # Tested for depth, lines in the plane of the scan may be hidden by it.
        self.lines.blending = "translucent_no_depth"
        self._recolour()
        self.viewer.layers.extend([self.groups, self.lines])
        # No layer is selected: the keys are the reading room's, and napari's hints about a layer's keys would mislead.
        self.viewer.layers.selection.clear()
        # The wheel and the right button have other work here.
        self.viewer.scene.camera.mouse_zoom = False
        bar = self.viewer.canvas.overlays.scale_bar
        bar.visible, bar.font_size = True, 10
        self.viewer.fit_to_view()

    def clear(self) -> None:
        """Take everything off the screen, and let go of it: napari's controls keep the layers themselves."""
        layers = list(self.viewer.layers)
        self.viewer.layers.clear()
        self.viewer.scene.camera.mouse_zoom = True
        for layer in layers:
            layer.data = np.zeros((1,) * layer.ndim, layer.data.dtype)
        self._edges, self._boxes = {}, {}
        self._stored = np.zeros((1, 1, 1), np.uint8)

    def _borders(self) -> Edges:
        if self.plane not in self._edges:
            self._edges[self.plane] = Edges(self.groups.data, self.grid.spacing, PLANES[self.plane])
        return self._edges[self.plane]

    def _fine_layer(self) -> dict[str, Any]:
        """Return the place of a layer whose voxels are parts of the scan's."""
        step = np.array(self.grid.spacing)
        part = step / self._borders().parts
        return self.grid.layer() | {"scale": tuple(part), "translate": tuple(self.grid.origin - (step - part) / 2)}

    def window(self, preset: DisplayWindow) -> None:
        """Show the scan in a window."""
        highest = max(preset.white, self.scan.contrast_limits_range[1])
        self.scan.contrast_limits_range = (min(0.0, preset.black), highest)
        self.scan.contrast_limits = (preset.black, preset.white)

    def set_window(self, black: float, white: float) -> None:
        """Show the scan in a window of one's own."""
        self.window(DisplayWindow("", black, max(white, black + _LEAST_WIDTH * self._highest), ""))

    @property
    def shown(self) -> bool:
        """Whether a scan is shown."""
        return len(self.viewer.layers) > 0 and self._stored.size > 1

    def voxel_at(self, world: Sequence[float]) -> tuple[int, int, int] | None:
        """Return the voxel of the screen's grid at a point on the screen; ``None`` outside."""
        i, j, k = (int(value) for value in np.rint(self.grid.index(world)))
        inside = all(0 <= one < size for one, size in zip((i, j, k), self.grid.shape, strict=True))
        return (i, j, k) if inside else None

    def show_heat(self, ratios: NDArray[np.float16] | None) -> None:
        """Lay the ratios to normal muscle over the scan, or take them away."""
        for layer in [layer for layer in self.viewer.layers if layer.name == HEAT]:
            self.viewer.layers.remove(layer)
        if ratios is not None:
            self.viewer.layers.insert(1, heat_layer(ratios, self.grid))
            self.viewer.layers.selection.clear()

    @property
    def heat_shown(self) -> bool:
        """Whether the ratios are laid over the scan."""
        return any(layer.name == HEAT for layer in self.viewer.layers)

    def toggle_field(self, spline: BiasFieldSpline) -> bool:
        """Lay the fitted field over the scan, or take it away; return whether it is shown now."""
        shown = [layer for layer in self.viewer.layers if layer.name == FIELD]
        if shown:
            self.viewer.layers.remove(shown[0])
            return False
        self.viewer.layers.insert(1, field_layer(*fitted_field(self.grid.stored_grid, spline), self.grid))
        self.viewer.layers.selection.clear()
        return True

    def change(self, change: LabelChange) -> None:
        """Follow a change of the outlines."""
        if change.voxels == 0:
            return
        change.apply(self._stored)
        for label in change.labels:
            self._boxes.pop(label, None)
        places = np.unravel_index(change.index, change.shape)
        self._edges = {self.plane: self._edges[self.plane]}
        self._edges[self.plane].update(self.grid.shown_box(places))
        for layer in (self.groups, self.lines):
            layer.refresh(thumbnail=False, extent=False, highlight=False)

    def colour(self, marks: Mapping[int, Mark], label: int) -> None:
        """Give every contour the colour of its mark; that of the group that is being read is white."""
        self._marks, self.label = marks, label
        self._recolour()

    def draw(self, contours: Contours) -> None:
        """Choose which contours are drawn."""
        self.contours = contours
        self._recolour()

    def _recolour(self) -> None:
        _show(self.groups, self.depth is Depth.BODY and self.contours is not Contours.NONE)
        _show(self.lines, self.depth is Depth.SLICE and self.contours is not Contours.NONE)
        chosen: dict[int | None, tuple[float, ...]] = {None: _CLEAR, 0: _CLEAR, self.label or None: _CHOSEN}
        colours = dict(chosen)
        if self.contours is Contours.ALL:
            for label, mark in self._marks.items():
                faint = 0.6 if mark.standing is not Standing.GIVEN else 0.95
                colours[label] = (*rgb_of(mark.grade), faint)
            colours |= chosen
        if self.lines.visible:
            self.lines.colormap = DirectLabelColormap(color_dict=colours)
        if self.groups.visible:
            self.groups.colormap = DirectLabelColormap(color_dict=chosen)

    def box(self, label: int) -> tuple[slice, ...] | None:
        """Return the box of a group on the screen's grid; ``None`` where it has no voxels."""
        if not self._boxes:
            from scipy.ndimage import find_objects

            found = find_objects(self.groups.data, max_label=255)
            self._boxes = {label: box for label, box in enumerate(found, start=1) if box is not None}
        elif label not in self._boxes:
            places = np.nonzero(self.groups.data == label)
            if places[0].size:
                self._boxes[label] = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in places)
        return self._boxes.get(label)

    def middle(self, label: int, plane: str | None = None) -> tuple[float, float, float] | None:
        """Return the point on the screen to look at a group from: its middle, in the slice that shows most of it."""
        box = self.box(label)
        if box is None:
            return None
        inside = self.groups.data[box] == label
        across = PLANES[plane or self.plane][0]
        others = tuple(axis for axis in range(3) if axis != across)
        best = int(np.argmax(np.count_nonzero(inside, axis=others)))
        index = [(part.start + part.stop - 1) / 2 for part in box]
        index[across] = box[across].start + best
        return self.grid.point(index)

    def focus(self, label: int) -> None:
        """Centre on a group and zoom so that it can be judged among its neighbours."""
        middle, box = self.middle(label), self.box(label)
        if middle is None or box is None:
            return
        down, right = PLANES[self.plane][1:]
        sizes = [(part.stop - part.start) * step for part, step in zip(box, self.grid.spacing, strict=True)]
        height, width = (float(size) for size in self.viewer.canvas.size)
        spans = (
            (height, sizes[down]),
            (width, sizes[right]),
        )
        zoom = min(pixels / float(np.clip(size / _FILLED_SHARE, _LEAST_MM, _MOST_MM)) for pixels, size in spans)
        self.look(middle, zoom)

    def look(self, point: tuple[float, float, float], zoom: float | None) -> None:
        """Show a point of the screen in the middle, at a zoom in pixels per mm if one is given."""
        self._slice(point)
        camera = self.viewer.scene.camera
        if self.depth is not Depth.BODY:
            _, down, right = PLANES[self.plane]
            camera.center = (0.0, point[down], point[right])
            if zoom is not None:
                camera.zoom = zoom

    def _slice(self, point: tuple[float, float, float]) -> None:
        """Go to the slices of a point."""
        # In the middle of a voxel: napari's sliders would move it there, and all layers would be sliced once more.
        steps = [
            round((value - along.start) / along.step)
            for value, along in zip(point, self.viewer.dims.range, strict=True)
        ]
        self.viewer.dims.set_current_step(range(3), steps)

    @property
    def point(self) -> tuple[float, float, float]:
        """The point on the screen that all three planes go through, in mm."""
        across, down, right = PLANES[self.plane]
        centre = self.viewer.scene.camera.center
        point = [0.0, 0.0, 0.0]
        point[across] = float(self.viewer.dims.point[across])
        point[down], point[right] = float(centre[-2]), float(centre[-1])
        return point[0], point[1], point[2]

    def place(self, label: int) -> ViewState:
        """Return where the view is, to come back to."""
        return ViewState(label, self.grid.point_mm(self.point), float(self.viewer.scene.camera.zoom), self.plane)

    def go_to(self, place: ViewState) -> None:
        """Go back to where the view was, or to the group where that is not known."""
        self.turn(place.plane)
        if place.point_mm is None:
            self.focus(place.label)
        else:
            self.look(self.grid.world(place.point_mm), place.zoom)

    def turn(self, plane: str) -> None:
        """Show another plane through the point that is shown now."""
        point = self.point
        if plane != self.plane:
            self.plane = plane
            self.lines.data = self._borders().data
            fine = self._fine_layer()
            self.lines.scale, self.lines.translate = fine["scale"], fine["translate"]
            self.viewer.dims.order = PLANES[plane]
        self._set_margins()
        self.look(point, None)

    def step(self, slices: int) -> None:
        """Go some slices further to the back, the feet or the left."""
        across = PLANES[self.plane][0]
        self.viewer.dims.set_current_step(across, self.viewer.dims.current_step[across] + slices)

    def project(self, depth: Depth) -> None:
        """Show a slice, the brightest voxel along each line of sight, or that of the body from any side."""
        point, zoom = self.point, float(self.viewer.scene.camera.zoom)
        was, self.depth = self.depth, depth
        if depth is Depth.BODY:
            self.turn("coronal")
            self.scan.rendering = "mip"
        self.viewer.dims.ndisplay = 3 if depth is Depth.BODY else 2
        self.viewer.scene.camera.mouse_zoom = depth is Depth.BODY
        # Back, feet and left make a left-handed set of axes: with the first of them towards the reader, as napari has
        # it, the body would be its mirror image.
        self.viewer.scene.camera.orientation = ("away" if depth is Depth.BODY else "towards", "down", "right")
        self.scan.projection_mode = "max" if depth is Depth.PROJECTION else "none"
        self._set_margins()
        self._recolour()
        if depth is Depth.BODY:
            self.viewer.scene.camera.angles = (0.0, 0.0, 0.0)
            self.viewer.fit_to_view()
        elif was is Depth.BODY:
            self.focus(self.label)
        else:
            self.look(point, zoom)

    def _set_margins(self) -> None:
        margins = [0.0, 0.0, 0.0]
        if self.depth is Depth.PROJECTION:
            across = PLANES[self.plane][0]
            margins[across] = self.grid.shape[across] * self.grid.spacing[across]
        self.viewer.dims.margin_left = margins
        self.viewer.dims.margin_right = margins


def _show(layer: Labels, wanted: bool) -> None:
    """Make a layer visible or not; napari slices it anew even where nothing changes."""
    if layer.visible != wanted:
        layer.visible = wanted
