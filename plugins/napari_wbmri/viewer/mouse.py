"""The mouse over a picture as on a workstation: the wheel goes through its slices, and two clicks are two clicks."""

from collections.abc import Callable
from typing import Any

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
