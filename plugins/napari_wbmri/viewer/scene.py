"""One case in one napari viewer model: the scan, its contours, and where the view is. No Qt."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
from napari_wbmri.viewer.label_contours import CHOSEN, CLEAR, ContourPaint, Contours, ShownLabels
from napari_wbmri.viewer.marks import Mark
from napari_wbmri.viewer.overlay_layers import FIELD, HEAT, field_layer, heat_layer
from napari_wbmri.viewer.plane_view import Depth, PlaneView
from napari_wbmri.viewer.scan_layers import ScanLayers
from wbmri.core import BiasFieldSpline, Box, Grid
from wbmri.grading import fitted_field
from wbmri.report.figures import DisplayWindow
from wbmri.review import ViewState
from wbmri.review.label_editor import LabelChange

_NOTHING = ShownLabels(np.zeros((1, 1, 1), np.uint8), DisplayGrid(Grid((1, 1, 1), np.eye(4))))
"""The outlines of no scan."""

_FILLED_SHARE = 0.45
"""How much of the canvas the chosen group takes up."""

_LEAST_WIDTH = 0.002
"""No window is narrower than this share of the brightest voxel."""

_LEAST_MM, _MOST_MM = 160.0, 520.0
"""How much of the body is shown around a group, at least and at most."""


class Scene(PlaneView):
    """Shows one scan with the contours of its groups.

    Parameters
    ----------
    viewer
        The viewer, or a viewer model without a window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(viewer)
        self.contours = Contours.ALL
        self.preset = 0
        self.label = 0
        self._marks: Mapping[int, Mark] = {}
        self._highest = 1.0
        # The colours stay, and what of them a group has changes: other colours would be other shaders.
        self._paint = ContourPaint()
        self.followers: list[Scene] = []  # type: ignore[assignment]
        self._layers = ScanLayers(viewer, self._paint.palette)
        self._ratios: NDArray[np.float16] | None = None
        self._field: tuple[NDArray[np.float32], Box] | None = None
        self._outlines = _NOTHING

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
        self._outlines = ShownLabels(labels, grid)
        self._highest = float(image.max())
        point = self.middle(self.label) if place is None or place.point_mm is None else grid.world(place.point_mm)
        self._fill(name, grid.shown(image), (0.0, self._highest), point)

    def accompany(self, other: "Scene", name: str, image: NDArray[np.float32]) -> None:
        """Put another image of the same grid on the screen, with the outlines of a view and in its plane.

        Parameters
        ----------
        other
            The view.
        name
            What to call the image.
        image
            Intensities on the stored grid.
        """
        self.grid, self._marks, self.label, self.plane = other.grid, other._marks, other.label, other.plane
        self._outlines, self._highest, self.contours = other._outlines, float(image.max()), other.contours
        white = float(np.percentile(image[image > 0], 99.5)) if image.any() else 1.0
        self._fill(name, self.grid.shown(image), (0.0, self._highest or 1.0), other.point)
        self.set_window(0.0, white)

    def redraw(self) -> None:
        """Draw the outlines anew."""
        for layer in (self.groups, self.lines):
            layer.refresh(thumbnail=False, extent=False, highlight=False)

    def like(self, other: "Scene") -> None:
        """Draw the outlines as another view of the same grid does, in its plane."""
        if self.plane != other.plane:
            self.turn(other.plane)
        if self.contours is not other.contours:
            self.draw(other.contours)
        if (self._marks, self.label) != (other._marks, other.label):
            self.colour(dict(other._marks), other.label)
        self.redraw()

    def share(self, other: "Scene", plane: str) -> None:
        """Put another plane of the scan on the screen that another view shows; this one follows it from now on."""
        limits = other.scan.contrast_limits_range
        if self._outlines is not other._outlines:
            self.grid, self.plane, self._outlines, self._highest = other.grid, plane, other._outlines, other._highest
            self._fill(other.scan.name, other.scan.data, limits, other.cross)
        else:
            self.redraw()
        self.turn(plane)
        self.scan.contrast_limits_range, self.scan.contrast_limits = limits, other.scan.contrast_limits
        self.draw(other.contours)
        self.colour(other._marks, other.label)
        if self._ratios is not other._ratios:
            self.show_heat(other._ratios)
        if self._field is not other._field:
            self._show_field(other._field)
        other.followers.append(self)

    def _fill(
        self, name: str, image: NDArray[Any], limits: tuple[float, float], point: tuple[float, float, float] | None
    ) -> None:
        """Put the layers on the screen; `point` says through where."""
        self._ratios, self._field = None, None
        where, lines = self.grid.layer(), self._outlines.lines(self.plane, self._paint.codes)
        self.scan, self.groups, self.lines = self._layers.of(image, self._outlines.data, where, lines)
        self.scan.name, self.scan.contrast_limits_range, self.scan.contrast_limits = name, limits, limits
        self.viewer.dims.order = PLANES[self.plane]
        # Before anything is seen, and sliced.
        if point is not None:
            self.go(point)
        self._recolour()
        self.scan.visible = True
        # No layer is selected: the keys are the reading room's, and napari's hints about a layer's keys would mislead.
        self.viewer.layers.selection.clear()
        # The wheel and the right button have other work here.
        self.viewer.scene.camera.mouse_zoom = False
        bar = self.viewer.canvas.overlays.scale_bar
        bar.visible, bar.font_size = True, 10
        self.viewer.fit_to_view()

    def clear(self) -> None:
        """Take everything off the screen, and let go of it."""
        if self._layers.clear():
            self.viewer.scene.camera.mouse_zoom = True
            self._outlines, self._ratios, self._field = _NOTHING, None, None

    def window(self, preset: DisplayWindow) -> None:
        """Show the scan in a window."""
        highest = max(preset.white, self.scan.contrast_limits_range[1])
        self.scan.contrast_limits_range = (min(0.0, preset.black), highest)
        self.scan.contrast_limits = (preset.black, preset.white)
        for view in self.followers:
            view.window(preset)

    def set_window(self, black: float, white: float) -> None:
        """Show the scan in a window of one's own."""
        self.window(DisplayWindow("", black, max(white, black + _LEAST_WIDTH * self._highest), ""))

    @property
    def shown(self) -> bool:
        """Whether a scan is shown."""
        return len(self.viewer.layers) > 0 and self._outlines is not _NOTHING

    def show_heat(self, ratios: NDArray[np.float16] | None) -> None:
        """Lay the ratios to normal muscle over the scan, or take them away."""
        self._ratios = ratios
        self._lay(HEAT, None if ratios is None else heat_layer(ratios, self.grid))
        for view in self.followers:
            view.show_heat(ratios)

    @property
    def heat_shown(self) -> bool:
        """Whether the ratios are laid over the scan."""
        return self._ratios is not None

    def toggle_field(self, spline: BiasFieldSpline) -> bool:
        """Lay the fitted field over the scan, or take it away; return whether it is shown now."""
        self._show_field(None if self._field is not None else fitted_field(self.grid.stored_grid, spline))
        return self._field is not None

    def _show_field(self, field: tuple[NDArray[np.float32], Box] | None) -> None:
        self._field = field
        self._lay(FIELD, None if field is None else field_layer(*field, self.grid))
        for view in self.followers:
            view._show_field(field)

    def _lay(self, name: str, layer: Image | None) -> None:
        """Lay something over the scan, in place of what has that name."""
        for one in [one for one in self.viewer.layers if one.name == name]:
            self.viewer.layers.remove(one)
        if layer is not None:
            self.viewer.layers.insert(1, layer)
            self.viewer.layers.selection.clear()

    def change(self, change: LabelChange) -> None:
        """Follow a change of the outlines."""
        if change.voxels == 0:
            return
        self._outlines.change(change)
        for view in (self, *self.followers):
            view.redraw()

    def colour(self, marks: Mapping[int, Mark], label: int) -> None:
        """Give every contour the colour of its mark; that of the group that is being read is white."""
        self._marks, self.label = marks, label
        self._recolour()
        for view in self.followers:
            view.colour(marks, label)

    def read(self, marks: Mapping[int, Mark], label: int) -> None:
        """Go to a group that is read now: `colour` and `focus` in one, drawn once."""
        across, before = PLANES[self.plane][0], self.viewer.dims.point
        self._marks, self.label = marks, label
        changed = self._paint.choose(self.contours, self._marks, self.label)
        for view in self.followers:
            view.colour(marks, label)
        self.focus(label)
        if changed and self.lines.visible and self.viewer.dims.point[across] == before[across]:
            self.redraw()

    def draw(self, contours: Contours) -> None:
        """Choose which contours are drawn."""
        self.contours = contours
        self._recolour()
        for view in self.followers:
            view.draw(contours)

    def _recolour(self) -> None:
        _show(self.groups, self.depth is Depth.BODY and self.contours is not Contours.NONE)
        _show(self.lines, self.depth is Depth.SLICE and self.contours is not Contours.NONE)
        if self._paint.choose(self.contours, self._marks, self.label) and self.lines.visible:
            self.redraw()
        if self.groups.visible:
            chosen = {None: CLEAR, 0: CLEAR, self.label or None: CHOSEN}
            self.groups.colormap = DirectLabelColormap(color_dict=chosen)

    def colour_of(self, label: int) -> tuple[float, ...]:
        """Return the colour in which a group's contour is drawn, clear where it is not."""
        return self._paint.palette[int(self._paint.codes[label])]

    def box(self, label: int) -> tuple[slice, ...] | None:
        """Return the box of a group on the screen's grid; ``None`` where it has no voxels."""
        return self._outlines.box(label)

    def middle(self, label: int, plane: str | None = None) -> tuple[float, float, float] | None:
        """Return the point on the screen to look at a group from: its middle, in the slice that shows most of it."""
        return self._outlines.middle(label, plane or self.plane)

    def focus(self, label: int) -> None:
        """Centre all views on a group and zoom so that it can be judged among its neighbours."""
        middle = self.middle(label)
        if middle is not None:
            for view in (self, *self.followers):
                view.look(middle, view._zoom(label))

    def fill(self) -> None:
        """Zoom as `focus` does, but stay where the view is."""
        if self.shown and self.depth is not Depth.BODY:
            self.look(self.point, self._zoom(self.label))

    def _zoom(self, label: int) -> float | None:
        """Return the zoom at which a group and its neighbours fill the view."""
        box = self.box(label)
        if box is None:
            return None
        down, right = PLANES[self.plane][1:]
        sizes = [(part.stop - part.start) * step for part, step in zip(box, self.grid.spacing, strict=True)]
        height, width = (float(size) for size in self.viewer.canvas.size)
        spans = (
            (height, sizes[down]),
            (width, sizes[right]),
        )
        return min(pixels / float(np.clip(size / _FILLED_SHARE, _LEAST_MM, _MOST_MM)) for pixels, size in spans)

    def within(self, point: tuple[float, float, float], distance: float) -> bool:
        """Whether the slice that is shown goes through a point of the screen, or past it no further than a distance."""
        across = PLANES[self.plane][0]
        if self.depth is Depth.PROJECTION:
            return True
        reach = max(distance, self.grid.spacing[across] / 2)
        return abs(float(self.viewer.dims.point[across]) - point[across]) <= reach

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
        """Show another plane through the point that is shown now; the other views take the two that are left."""
        point = self.cross
        if plane != self.plane:
            self.plane = plane
            fine = self._outlines.lines(plane, self._paint.codes)
            self.lines.data, self.lines.scale, self.lines.translate = fine["data"], fine["scale"], fine["translate"]
            self.viewer.dims.order = PLANES[plane]
        self._set_margins()
        self.look(point, None)
        for view, other in zip(self.followers, [one for one in PLANES if one != plane], strict=False):
            view.turn(other)

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
