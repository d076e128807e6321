"""How fast the reading room answers: opening, a key, and scrolling with contours, for a body of 400 x 40 x 1134 voxels.

Run it on a screen, or under Xvfb: ``xvfb-run -s '-screen 0 1366x768x24' python benchmarks/review.py``. Times depend on
the machine and on how it draws; the ratios to a bare napari viewer with the same layers in the same run do not.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbmri.case import write_case
from wbmri.core import Acquisition, LabelMap, Reading, Step, Volume
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade

SHAPE = (400, 40, 1134)
SLICES = 40


def body() -> tuple[Volume, LabelMap]:
    """Make a body of blocks, one a group, with noise."""
    scheme = load_scheme()
    affine = np.diag([-1.2, 6.0, 1.2, 1.0])
    affine[:3, 3] = (240.0, -120.0, -680.0)
    rng = np.random.default_rng(2)
    data = rng.normal(5.0, 1.0, SHAPE).astype(np.float32).clip(0.0)
    labels = np.zeros(SHAPE, np.uint8)
    for group in scheme.groups:
        row, column = divmod((group.label - 1) // 2, 3)
        low = 20 + 58 * column
        across = slice(low, low + 50) if group.side == "right" else slice(400 - low - 50, 400 - low)
        place = (across, slice(6, 34), slice(30 + 150 * row, 160 + 150 * row))
        labels[place] = group.label
        data[place] += rng.normal(100.0, 8.0, labels[place].shape) * (2.0 if group.label % 3 == 0 else 1.0)
    volume = Volume(data, affine, Acquisition("STIR", 1.5, 60.0, 150.0, 4000.0), (Step("load", {"inputs": []}),))
    confidence = {group.label: 0.9 for group in scheme.groups}
    return volume, LabelMap(labels, affine, scheme, "blocks", confidence, provenance=volume.provenance)


def coarse_reading(volume: Volume, labels: LabelMap) -> Reading:
    """Grade every fourth voxel: level and field hold for the whole scan, and grading is not what is measured here."""
    affine = volume.affine @ np.diag([4.0, 1.0, 4.0, 1.0])
    some = Volume(volume.data[::4, :, ::4], affine, volume.acquisition, volume.provenance)
    return grade(some, replace(labels, data=labels.data[::4, :, ::4], affine=affine))


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print one line per figure."""
    import napari
    from napari_wbmri.app import App
    from qtpy.QtWidgets import QApplication

    from wbmri.review import Command, open_review

    with tempfile.TemporaryDirectory() as folder:
        volume, labels = body()
        reading = coarse_reading(volume, labels)
        case = write_case(Path(folder) / "OUT", "01", "01", volume, labels, reading, "<!doctype html>", {})
        viewer = napari.Viewer(show=False)
        viewer.window._qt_window.resize(1366, 768)
        viewer.window._qt_window.show()
        application = QApplication.instance()
        assert application is not None
        settle(application, 1.0)

        app = App.of(viewer)
        room = app.room

        def opened() -> None:
            room.open(open_review(case.paths, "BENCH"))
            application.processEvents()
            viewer.window._qt_viewer.canvas.native.repaint()

        print(f"opening, first picture      {seconds(opened):8.2f} s   (bar: 2 s)")
        while not room.prepared:
            settle(application, 0.1)
        settle(application, 1.0)
        for advancing, name in ((False, "key to updated total        "), (True, "key to the next group       ")):
            app.commands.advancing = advancing
            keys = []
            for place in range(20):
                command = (Command.GRADE_0, Command.GRADE_1, Command.GRADE_2)[place % 3]
                keys.append(seconds(lambda command=command: (app.commands.do(command), room.docks.panel.repaint())))
                if not advancing:
                    app.commands.do(Command.NEXT_GROUP)
                while not room.seen:
                    settle(application, 0.01)
            print(f"{name}{1000 * float(np.median(keys)):8.1f} ms  (bar: 50 ms)")
        rate = SLICES / seconds(lambda: scroll(room.scene.step, application))
        print(f"scrolling with contours     {rate:8.1f} slices a second (bar: 20)")
        room.show_planes(wanted=True)
        settle(application, 1.0)
        three = SLICES / seconds(lambda: scroll(room.scene.step, application))
        print(f"scrolling in three planes   {three:8.1f} slices a second (bar: 12)")
        room.close()
        bare = scrolling(viewer, application, volume.data, labels.data)
        print(f"  against napari's own contours of the same labels: {rate / bare:.2f} times as fast")
        viewer.close()


def settle(application: object, wait: float) -> None:
    """Let Qt do what it has to for so long."""
    end = time.perf_counter() + wait
    while time.perf_counter() < end:
        application.processEvents()  # type: ignore[attr-defined]


def scroll(step: Callable[[int], None], application: object) -> None:
    """Show slices one after another, each drawn before the next."""
    for place in range(SLICES):
        step(1 if place < SLICES // 2 else -1)
        application.processEvents()  # type: ignore[attr-defined]


def scrolling(viewer: object, application: object, image: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Scroll through the same scan with napari's own contours, and return slices a second."""
    shown = viewer.add_image(image.transpose(1, 2, 0))  # type: ignore[attr-defined]
    drawn = viewer.add_labels(labels.transpose(1, 2, 0))  # type: ignore[attr-defined]
    drawn.contour = 1
    dims = viewer.dims  # type: ignore[attr-defined]
    settle(application, 1.0)

    def step(by: int) -> None:
        dims.set_current_step(0, dims.current_step[0] + by)

    rate = SLICES / seconds(lambda: scroll(step, application))
    for layer in (shown, drawn):
        viewer.layers.remove(layer)  # type: ignore[attr-defined]
    return rate


if __name__ == "__main__":
    main()
