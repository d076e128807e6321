"""Correcting outlines with the mouse: each stroke is drawn at once, and given to the session when it ends."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from napari.components import ViewerModel

from napari_wbmri.viewer.plane_view import Depth
from napari_wbmri.viewer.scene import Scene
from wbmri.core import InputError, WbmriError
from wbmri.review import Change, Session
from wbmri.review.label_editor import Brush, LabelChange, Stroke, fill_between, mirror, redraw

RADII_MM = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)


_NOTHING = InputError(
    "a stroke that changes no voxel",
    "one over the body, on voxels that may change",
    "no brush paints in air, the smart one only on muscle, and on other groups none unless it takes from neighbours",
)


class Tool(StrEnum):
    """What a stroke does."""

    PAINT = "paint"
    ERASE = "erase"
    SMART = "smart brush"
    REDRAW = "redraw"


class MaskEditor:
    """Turns strokes of the mouse into changes of the outline that is being read.

    Parameters
    ----------
    viewer
        The viewer in which one draws.
    scene
        What shows the outlines.
    done
        Called with what the session says about a change, once the screen shows it.
    failed
        Called with an error, after the screen was put back.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        scene: Scene,
        done: Callable[[Change], None],
        failed: Callable[[WbmriError], None],
    ) -> None:
        self._viewer, self._scene = viewer, scene
        self._done, self._failed = done, failed
        self._session: Session | None = None
        self.tool = Tool.PAINT
        self.radius = RADII_MM[3]
        self.steal = False
        self.ball = False
        self.changed: Callable[[], None] = lambda: None
        viewer.mouse_drag_callbacks.append(self._drag)

    @property
    def active(self) -> bool:
        """Whether the mouse draws."""
        return self._session is not None

    def start(self, session: Session) -> None:
        """Let the mouse draw."""
        self._session = session
        self._viewer.scene.camera.mouse_pan = False
        if self._scene.depth is not Depth.SLICE:
            self._scene.project(Depth.SLICE)
        self._show_brush()

    def stop(self) -> None:
        """Let the mouse move the picture again."""
        self._session = None
        self._viewer.scene.camera.mouse_pan = True
        self._viewer.cursor.style = "standard"
        self.changed()

    def use(self, tool: Tool) -> None:
        """Choose what a stroke does."""
        self.tool = tool
        self._show_brush()

    def resize(self, steps: int) -> None:
        """Make the brush larger or smaller."""
        place = RADII_MM.index(self.radius) + steps
        self.radius = RADII_MM[min(max(place, 0), len(RADII_MM) - 1)]
        self._show_brush()

    def fill(self, session: Session) -> None:
        """Fill the slices between those on which the group is drawn."""
        axis = self._scene.grid.stored_axis(self._scene.plane)
        spacing = session.volume.spacing
        self._edit(
            session,
            "fill",
            lambda: fill_between(session.labels, session.current, axis, spacing, steal=self.steal),
        )

    def mirror(self, session: Session) -> None:
        """Draw the group as the mirror image of the other side's."""
        grid, scheme = session.volume.grid, session.case.reading.scheme
        self._edit(session, "mirror", lambda: mirror(session.labels, grid, scheme, session.current, steal=self.steal))

    def _edit(self, session: Session, tool: str, make: Callable[[], LabelChange]) -> None:
        try:
            change = session.edit(make(), tool)
        except WbmriError as error:
            self._failed(error)
            return
        if change.mask is not None:
            self._scene.change(change.mask)
        self._done(change)

    def _show_brush(self) -> None:
        self._viewer.cursor.style = "crosshair" if self.tool is Tool.REDRAW else "circle"
        self._viewer.cursor.size = 2 * self.radius
        self._viewer.cursor.scaled = True
        self.changed()

    def _stroke(self, session: Session) -> Stroke:
        brush = Brush(
            label=session.current,
            radius_mm=self.radius,
            erase=self.tool is Tool.ERASE,
            steal=self.steal,
            plane=None if self.ball else self._scene.grid.stored_axis(self._scene.plane),
        )
        within = {Tool.PAINT: session.within_body, Tool.SMART: session.within_muscle}.get(self.tool)
        return Stroke(session.labels, session.volume.spacing, brush, within)

    def _drag(self, _: ViewerModel, event: Any) -> Iterator[None]:
        """Draw from pressing the left button to releasing it; napari calls this on every event between."""
        session = self._session
        if session is None or event.button != 1 or self._scene.depth is not Depth.SLICE:
            return
        if self.tool is Tool.REDRAW:
            yield from self._clicks(session, event)
            return
        stroke = self._stroke(session)
        self._draw(stroke, event)
        yield
        while event.type == "mouse_move":
            self._draw(stroke, event)
            yield
        made = stroke.change
        if made.voxels == 0:
            self._failed(_NOTHING)
            return
        try:
            change = session.edit(made, self.tool.value)
        except WbmriError as error:
            self._scene.change(made.inverse())
            self._failed(error)
        else:
            self._done(change)

    def _clicks(self, session: Session, event: Any) -> Iterator[None]:
        """Redraw the group from a click, or a stroke, when the button is released."""
        missed = "Shift" not in event.modifiers
        seeds = [tuple(self._scene.grid.voxel(event.position))]
        yield
        while event.type == "mouse_move":
            seeds.append(tuple(self._scene.grid.voxel(event.position)))
            yield
        volume, within = session.volume, session.within_muscle
        self._edit(
            session,
            self.tool.value,
            lambda: redraw(
                session.labels, volume.data, volume.spacing, session.current, seeds, missed=missed, within=within
            ),
        )

    def _draw(self, stroke: Stroke, event: Any) -> None:
        more = stroke.to(tuple(self._scene.grid.voxel(event.position)))
        if more.voxels:
            self._scene.change(more)
