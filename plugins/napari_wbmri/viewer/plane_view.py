"""One plane of a scan in a viewer: through which point it goes, and what of it is in the middle. No Qt."""

from collections.abc import Sequence
from enum import Enum

from napari.components import ViewerModel

from napari_wbmri.viewer.display_grid import PLANES


class Depth(Enum):
    """What of the third dimension is shown."""

    SLICE = "slice"
    PROJECTION = "projection"
    BODY = "3D projection"


class PlaneView:
    """Where the view of a plane is, and the views of the other two planes that follow it.

    Parameters
    ----------
    viewer
        The viewer, or a viewer model without a window.

    Attributes
    ----------
    plane, depth
        What is shown.
    followers
        Views of the other planes of the same scan; they follow what is done here.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        self.plane = "coronal"
        self.depth = Depth.SLICE
        self.followers: list[PlaneView] = []

    def recentre(self) -> None:
        """Move what all planes go through into the middle of every view."""
        point = self.cross
        for view in (self, *self.followers):
            view.look(point, None)

    def whole_body(self) -> None:
        """Show all of the body in every view."""
        for view in (self, *self.followers):
            view.viewer.fit_to_view()

    def look(
        self, point: tuple[float, float, float], zoom: float | None, through: Sequence[float] | None = None
    ) -> None:
        """Show a point of the screen in the middle, at a zoom in pixels per mm if one is given.

        Parameters
        ----------
        point
            The point.
        zoom
            The zoom; ``None`` leaves it.
        through
            Through which point the planes go, where it is not this one.
        """
        self.go(point if through is None else through)
        camera = self.viewer.scene.camera
        if self.depth is not Depth.BODY:
            _, down, right = PLANES[self.plane]
            camera.center = (0.0, point[down], point[right])
            if zoom is not None:
                camera.zoom = zoom

    def go(self, point: Sequence[float]) -> None:
        """Go to the slices of a point, without moving the picture within its plane."""
        # Alone, a view need not know where other planes would go through: for napari that is another place to slice.
        axes = range(3) if self.followers else PLANES[self.plane][:1]
        # In the middle of a voxel: napari's sliders would move it there, and all layers would be sliced once more.
        along = self.viewer.dims.range
        steps = [round((point[axis] - along[axis].start) / along[axis].step) for axis in axes]
        self.viewer.dims.set_current_step(axes, steps)

    @property
    def cross(self) -> tuple[float, float, float]:
        """The point on the screen in which all three planes cross, in mm; what is in the middle where one is shown."""
        point = list(self.point)
        for view in self.followers:
            across = PLANES[view.plane][0]
            point[across] = float(view.viewer.dims.point[across])
        return point[0], point[1], point[2]

    @property
    def point(self) -> tuple[float, float, float]:
        """The point in the middle of the view, on the slice that is shown, in mm."""
        across, down, right = PLANES[self.plane]
        centre = self.viewer.scene.camera.center
        point = [0.0, 0.0, 0.0]
        point[across] = float(self.viewer.dims.point[across])
        point[down], point[right] = float(centre[-2]), float(centre[-1])
        return point[0], point[1], point[2]

    def pixel(self, point: Sequence[float]) -> tuple[float, float]:
        """Return the pixel of the canvas, from its left and upper edges, at which a point of the screen lies."""
        _, down, right = PLANES[self.plane]
        height, width = self.viewer.canvas.size
        camera = self.viewer.scene.camera
        x, y = ((point[axis] - camera.center[place]) * camera.zoom for axis, place in ((right, -1), (down, -2)))
        return float(width / 2 + x), float(height / 2 + y)

    def step(self, slices: int) -> None:
        """Go some slices further to the back, the feet or the left."""
        across = PLANES[self.plane][0]
        self.viewer.dims.set_current_step(across, self.viewer.dims.current_step[across] + slices)
