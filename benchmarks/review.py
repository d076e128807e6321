"""How fast the reading room answers: opening, keys, the mouse, and scrolling, for a body of 400 x 40 x 1134 voxels.

Run it on a screen, or under Xvfb: ``xvfb-run -s '-screen 0 1366x768x24' python benchmarks/review.py``. Times depend on
the machine and on how it draws, and by the clock on what else it does: behind each stands the time of the processor.
The ratio to a bare napari viewer with the same layers in the same run depends on them less.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock, and of the processor on all its cores."""

    clock: float
    processor: float

    def each(self, unit: str, name: str, bar: str) -> str:
        """Return the line of a time."""
        factor = 1000.0 if unit == "ms" else 1.0
        clock, processor = factor * self.clock, factor * self.processor
        return f"{name:28s}{clock:8.{1 if unit == 'ms' else 2}f} {unit}  (processor {processor:.2f}; bar: {bar})"

    def rate(self, name: str, bar: str) -> str:
        """Return the line of so many slices."""
        by_clock, by_processor = SLICES / self.clock, SLICES / self.processor
        return f"{name:28s}{by_clock:8.1f} slices a second (by processor {by_processor:.1f}; bar: {bar})"


def seconds(work: Callable[[], object]) -> Taken:
    """Time one call."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - clock, time.process_time() - processor)


def middle(many: Sequence[Taken]) -> Taken:
    """Return the median of several calls."""
    clock, processor = np.median([(one.clock, one.processor) for one in many], axis=0)
    return Taken(float(clock), float(processor))


def main() -> None:
    """Print one line per figure."""
    import napari
    from napari_wbmri.app import App
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    from wbmri.review import Command, open_review

    with tempfile.TemporaryDirectory() as folder:
        volume, labels = body()
        reading = coarse_reading(volume, labels)
        out = Path(folder) / "OUT"
        cases = [write_case(out, "01", name, volume, labels, reading, "<!doctype html>", {}) for name in ("01", "02")]
        viewer = napari.Viewer(show=False)
        viewer.window._qt_window.resize(1366, 768)
        viewer.window._qt_window.show()
        application = QApplication.instance()
        assert application is not None
        app = App.of(viewer)
        # As `launch` does: napari collects garbage whenever a layer goes.
        gc.collect()
        gc.freeze()
        settle(application, 1.0)
        room = app.room

        def opened() -> None:
            room.open(open_review(cases[0].paths, "BENCH"))
            application.processEvents()
            viewer.window._qt_viewer.canvas.native.repaint()

        print(seconds(opened).each("s", "opening, first picture", "2 s"))
        while not room.prepared:
            settle(application, 0.1)
        settle(application, 1.0)
        for advancing, name in ((False, "key to updated total"), (True, "key to the next group")):
            app.commands.advancing = advancing
            keys = []
            for place in range(20):
                command = (Command.GRADE_0, Command.GRADE_1, Command.GRADE_2)[place % 3]
                keys.append(seconds(lambda command=command: (app.commands.do(command), room.docks.panel.repaint())))
                if not advancing:
                    app.commands.do(Command.NEXT_GROUP)
                while not room.seen:
                    settle(application, 0.01)
            print(middle(keys).each("ms", name, "50 ms"))
        canvas = viewer.window._qt_viewer.canvas.native

        def hover(place: int) -> Taken:
            # What follows at once is left out by the canvas.
            settle(application, 0.05)
            room.picture.tip.say("")
            at = QPointF(canvas.width() // 4 + 7 * place, canvas.height() // 2)
            none, held = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
            there = QPointF(canvas.mapToGlobal(at))
            move = QMouseEvent(QEvent.Type.MouseMove, at, there, none, none, held)
            taken = seconds(lambda: (QApplication.sendEvent(canvas, move), room.picture.tip.repaint()))
            assert "normal muscle" in room.picture.tip.text()
            return taken

        print(middle([hover(place) for place in range(40)]).each("ms", "hover to what lies there", "30 ms"))
        taken = seconds(lambda: scroll(room.scene.step, application))
        print(taken.rate("scrolling with contours", "20"))
        app.commands.do(Command.HEAT_MAP)
        while not room.scene.heat_shown:
            settle(application, 0.1)
        settle(application, 1.0)
        print(seconds(lambda: scroll(room.scene.step, application)).rate("  and with the heat map", "20"))
        app.commands.do(Command.HEAT_MAP)
        room.show_planes(wanted=True)
        settle(application, 1.0)
        print(seconds(lambda: scroll(room.scene.step, application)).rate("scrolling in three planes", "12"))
        room.show_planes(wanted=False)
        worklist = app.docked_worklist()
        worklist.show_folder(out, "BENCH")
        app.open_case(cases[0].paths)
        while not room.prepared:
            settle(application, 0.1)
        # The next one is read while one reads.
        settle(application, 10.0)

        def following() -> None:
            worklist.open_next()
            application.processEvents()
            canvas.repaint()

        print(seconds(following).each("s", "next case, first picture", "1 s"))
        room.close()
        bare = scrolling(viewer, application, volume.data, labels.data)
        times = f"{bare.clock / taken.clock:.2f} times as fast, {bare.processor / taken.processor:.2f} by processor"
        print(f"  with contours against napari's own of the same labels: {times}")
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


def scrolling(viewer: object, application: object, image: NDArray[np.float32], labels: NDArray[np.uint8]) -> Taken:
    """Scroll through the same scan with napari's own contours, and return how long that took."""
    shown = viewer.add_image(image.transpose(1, 2, 0))  # type: ignore[attr-defined]
    drawn = viewer.add_labels(labels.transpose(1, 2, 0))  # type: ignore[attr-defined]
    drawn.contour = 1
    dims = viewer.dims  # type: ignore[attr-defined]
    settle(application, 1.0)

    def step(by: int) -> None:
        dims.set_current_step(0, dims.current_step[0] + by)

    taken = seconds(lambda: scroll(step, application))
    for layer in (shown, drawn):
        viewer.layers.remove(layer)  # type: ignore[attr-defined]
    return taken


if __name__ == "__main__":
    main()
