"""Where right, left, head, feet, front and back of the patient are, at the edges of the picture."""

from napari.components import ViewerModel
from napari.components.overlays import TextOverlay

_EDGES = {"up": "top_center", "down": "bottom_center", "left": "middle_left", "right": "middle_right"}
"""Direction in the picture to where napari puts what stands at that edge."""

_OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}

_ENDS = (("A", "P"), ("H", "F"), ("R", "L"))
"""What of the patient lies where each axis of a `DisplayGrid` begins, and where it ends."""


class Directions:
    """The letters that radiologists look for; they follow whatever turns the picture, napari's own keys among it.

    Parameters
    ----------
    viewer
        The viewer, or a viewer model without a window, in which layers lie on a `DisplayGrid`.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.letters = {towards: TextOverlay(position=edge, font_size=11) for towards, edge in _EDGES.items()}
        viewer.canvas.overlays.update({f"wbmri_{towards}": letter for towards, letter in self.letters.items()})
        for turned in (
            viewer.layers.events.inserted,
            viewer.layers.events.removed,
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.scene.camera.events.orientation,
        ):
            turned.connect(self._follow)

    def _follow(self, _: object = None) -> None:
        dims, layers = self._viewer.dims, self._viewer.layers
        known = bool(layers) and all("stored_shape" in layer.metadata for layer in layers)
        flat = dims.ndim == len(_ENDS) and dims.ndisplay == 2
        if known and flat:
            for axis, towards in zip(dims.order[-2:], self._viewer.scene.camera.orientation2d, strict=True):
                begins, ends = _ENDS[axis]
                self.letters[_OPPOSITE[str(towards)]].text, self.letters[str(towards)].text = begins, ends
        for letter in self.letters.values():
            letter.visible = known and flat
