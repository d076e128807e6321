"""The mouse over a picture as on a workstation.

The wheel goes through slices, two clicks are two clicks, a click chooses a group, and dragging sets the window.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from napari.components import ViewerModel

from napari_wbmri.viewer.plane_view import Depth
from napari_wbmri.viewer.scene import Scene

_ZOOM = 1.15
"""How much nearer one step of the wheel goes."""

_NAPARI = ("double_click_to_zoom", "dims_scroll", "layers_scroll")
"""What napari itself does with the mouse, and would do besides."""


def take_mouse(viewer: ViewerModel) -> Callable[[], None]:
    """Keep napari from zooming by double clicks, and from turning the wheel as well; return what gives both back."""
    lists = (viewer.mouse_double_click_callbacks, viewer.mouse_wheel_callbacks)
    taken = [[call for call in calls if call.__name__ in _NAPARI] for calls in lists]
    for calls, own in zip(lists, taken, strict=True):
        for call in own:
            calls.remove(call)

    def give_back() -> None:
        for calls, own in zip(lists, taken, strict=True):
            calls.extend(own)

    return give_back


def turn_wheel(scene: Scene, event: Any) -> None:
    """Follow an event of the wheel: through the slices, and with Ctrl nearer or further.

    The body in three dimensions is left to napari.
    """
    if scene.depth is Depth.BODY:
        return
    event.handled = True
    turned = event.delta[0] or event.delta[1]
    if "Control" in event.modifiers:
        scene.viewer.scene.camera.zoom *= _ZOOM**turned
    else:
        scene.step(-1 if turned > 0 else 1)


_CLICK_PX = 4
"""A press that moves no further is a click."""

_FULL_PX = 300
"""Dragging so far makes the window e times as wide, or moves its middle by its width."""


class Pointer:
    """Follows the mouse over the picture of one scan.

    Parameters
    ----------
    scene
        The picture.
    busy
        Tells whether the left button draws just now.
    clicked
        Called with the group that was clicked, 0 for none, and the voxel of the screen's grid.
    over
        Called with the voxel of the screen's grid under the mouse, or ``None`` where there is none.
    windowed
        Called after the window was set by dragging.
    """

    def __init__(
        self,
        scene: Scene,
        busy: Callable[[], bool],
        clicked: Callable[[int, tuple[int, int, int]], None],
        over: Callable[[tuple[int, int, int] | None], None],
        windowed: Callable[[], None],
    ) -> None:
        self._scene, self._busy = scene, busy
        self._clicked, self._over, self._windowed = clicked, over, windowed
        scene.viewer.mouse_drag_callbacks.append(self._drag)
        scene.viewer.mouse_move_callbacks.append(self._move)

    def _voxel(self, event: Any) -> tuple[int, int, int] | None:
        scene = self._scene
        return scene.grid.index_at(event.position) if scene.shown and scene.depth is Depth.SLICE else None

    def _move(self, _: ViewerModel, event: Any) -> None:
        self._over(self._voxel(event))

    def _drag(self, _: ViewerModel, event: Any) -> Iterator[None]:
        """Follow a button from pressing to releasing it; napari calls this on every event between."""
        if not self._scene.shown or self._scene.depth is Depth.BODY:
            return
        start = np.array(event.pos, float)
        if event.button == 2:
            black, white = self._scene.scan.contrast_limits
            yield
            while event.type == "mouse_move":
                right, down = np.array(event.pos, float) - start
                width = (white - black) * float(np.exp(right / _FULL_PX))
                middle = (white + black) / 2 + (white - black) * float(down) / _FULL_PX
                self._scene.set_window(middle - width / 2, middle + width / 2)
                self._windowed()
                yield
        elif event.button == 1 and not self._busy():
            voxel, furthest = self._voxel(event), 0.0
            yield
            while event.type == "mouse_move":
                furthest = max(furthest, float(np.abs(np.array(event.pos, float) - start).max()))
                yield
            if voxel is not None and furthest <= _CLICK_PX:
                self._clicked(int(self._scene.groups.data[voxel]), voxel)
