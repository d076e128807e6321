"""Read the sample pair in a real window with the keys and the mouse of an X server, and take pictures.

    wbmri demo --out OUT
    python tools/photograph_reading_room.py OUT docs/images

It works on a copy of OUT, on a screen of its own, and needs Xvfb and xdotool. The tests read a small case the same way.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import napari
import numpy as np
from napari_wbmri.app import App
from napari_wbmri.docks import SignDialog
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import PLANES
from qtpy.QtCore import QPoint, QTimer
from qtpy.QtWidgets import QApplication, QComboBox, QWidget

from wbmri.review import Mode

SCREEN = (1366, 768)
KEPT = ("worklist", "reading-room", "correcting", "side-by-side", "blinded", "adjudication")
"""The scenes of which the documentation shows pictures."""

KMEANS = 3
"""Rounds in which the colours of a picture come nearer to those of the screen; without them grey loses its tint."""

World = tuple[float, float, float]


def wait(until: Callable[[], object], seconds: float = 60.0) -> None:
    """Let the window go on until something has come about."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not come about in time"  # noqa: S101 - a test as much as a tool
        QApplication.processEvents()
        time.sleep(0.002)


def rest(seconds: float = 0.3) -> None:
    """Let the window draw."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


class Hands:
    """Types and points as a person does: the X server hears it, and the window hears the X server."""

    def __init__(self, window: QWidget) -> None:
        window.activateWindow()
        # Without a window manager nobody else gives it the keys.
        self._do("windowfocus", str(int(window.winId())))
        wait(window.isActiveWindow)

    def _do(self, *words: str) -> None:
        with subprocess.Popen(["xdotool", *words]) as process:  # noqa: S603, S607 - our own words
            wait(lambda: process.poll() is not None)
        assert process.returncode == 0, words  # noqa: S101

    def press(self, *keys: str) -> None:
        """Press keys one after another, by the names they have in X."""
        self._do("key", "--delay", "4", *keys)

    def write(self, text: str) -> None:
        """Type a word into the field that has the focus."""
        self._do("type", "--delay", "4", text)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click on a widget, by default in its middle."""
        self.drag(widget, widget.rect().center() if at is None else at)

    def drag(self, widget: QWidget, *points: QPoint) -> None:
        """Press the left button at the first point of a widget, move through the others and let it go."""
        words: list[str] = []
        for place, point in enumerate(points):
            there = widget.mapToGlobal(point)
            words += ["mousemove", str(there.x()), str(there.y()), "sleep", "0.02"]
            words += ["mousedown", "1"] if place == 0 else []
        self._do(*words, "mouseup", "1")

    def choose(self, box: QComboBox, data: object) -> None:
        """Choose an entry of a box with the arrow keys."""
        steps = box.findData(data) - box.currentIndex()
        self.click(box)
        wait(lambda: QApplication.activePopupWidget() is not None)
        self.press(*["Down" if steps > 0 else "Up"] * abs(steps), "Return")
        wait(lambda: box.currentData() == data)


def canvas_point(room: ReadingRoom, world: World) -> QPoint:
    """Return the pixel of the canvas at which a point of the scan lies."""
    height, width = room.viewer.canvas.size
    camera = room.viewer.scene.camera
    down, right = PLANES[room.scene.plane][1:]
    return QPoint(
        round(width / 2 + (world[right] - camera.center[-1]) * camera.zoom),
        round(height / 2 + (world[down] - camera.center[-2]) * camera.zoom),
    )


class Story:
    """Two visits of a person and three readers: a reading, a blinded second one and their adjudication.

    Parameters
    ----------
    app
        The application of the window; its worklist shows a folder with the visit `session` and an earlier one of the
        same person.
    hands
        What reads.
    session
        The visit that is read.
    """

    def __init__(self, app: App, hands: Hands, session: str = "month6") -> None:
        self.worklist, self.room, self.hands, self.session = app.docked_worklist(), app.room, hands, session

    def scenes(self) -> Iterator[str]:
        """Go from scene to scene, and say which one is to be seen."""
        room, hands = self.room, self.hands
        self._sit_down("ANNA", Mode.ASSISTED)
        yield "worklist"
        self._open()
        suggested = {view.group.label: view.measured.auto_grade or 0 for view in room.session.groups()}
        labels = sorted(suggested)
        self._grade(labels[:30], suggested)
        hands.click(room.docks.overview.body, room.docks.overview.body.centre_of(32).toPoint())
        wait(lambda: room.session.current == 32)
        yield "reading-room"
        hands.press("p")
        wait(lambda: room.editor.active)
        self._stroke(32)
        yield "correcting"
        hands.press("u", "shift+u", "e", "Up")
        wait(lambda: not room.editor.active and room.session.current == 31)
        self._grade(labels[30:], suggested)
        table = room.docks.overview.table
        hands.click(table.viewport(), table.visualRect(table.grades.index_of(32)).center())
        wait(lambda: room.session.current == 32)
        hands.press("c")
        wait(lambda: room.side.visit is not None)
        wait(lambda: room.side.views.map is not None or "stay linked" in room.docks.panel.state.text())
        yield "side-by-side"
        hands.press("c")
        wait(lambda: room.side.visit is None)
        yield from self._sign("signing")
        yield "signed"

        hands.press("l")
        self._sit_down("BERT", Mode.BLINDED)
        yield "blinded list"
        self._open()
        other = suggested | {label: (suggested[label] + 1) % 3 for label in (15, 32)}
        self._grade(labels[:20], other)
        yield "blinded"
        self._grade([label for label in labels if label not in room.session.decisions], other)
        yield from self._sign("signing blinded")

        hands.press("l")
        self._sit_down("CHEF", Mode.ADJUDICATION)
        self._open()
        hands.press("n")
        wait(lambda: room.session.group(room.session.current).decision is None)
        yield "adjudication"
        hands.press("1")
        wait(lambda: room.session.totals.read == len(labels) - 1 and room.seen)
        hands.press("1")
        wait(lambda: room.session.totals.read == len(labels))
        yield from self._sign("signing consensus")
        yield "consensus"

    def _sit_down(self, reader: str, mode: Mode) -> None:
        """Say who reads now, and how."""
        worklist, hands = self.worklist, self.hands
        wait(worklist.reader.isVisible)
        hands.click(worklist.reader)
        hands.press("ctrl+a")
        hands.write(reader)
        hands.press("Return")
        wait(lambda: worklist.worklist is not None and worklist.worklist.reader == reader)
        # The list takes the room of the case that was closed.
        rest(0.5)
        hands.choose(worklist.mode, mode)

    def _open(self) -> None:
        """Choose the visit in the list and open it."""
        worklist, hands = self.worklist, self.hands
        row = next(row for row, one in enumerate(worklist.rows.rows) if one.paths.session == self.session)
        hands.click(worklist.table.viewport(), worklist.table.visualRect(worklist.rows.index(row, 0)).center())
        hands.press("Return")
        reader = worklist.reader.text()
        wait(lambda: self.room.session is not None and self.room.session.reader == reader and self.room.prepared)
        rest()

    def _grade(self, labels: Sequence[int], grades: Mapping[int, int]) -> None:
        """Grade unread groups by keys alone, from the one that is being read."""
        room, session = self.room, self.room.session
        for label in labels:
            # A grade goes on to the next unread group, and is taken once that is on the screen.
            wait(lambda label=label: session.current == label and room.seen)
            self.hands.press(str(grades[label]))
            wait(lambda label=label: label in session.decisions)

    def _stroke(self, label: int) -> None:
        """Paint along the outer border of a group of the right side, in the slice that is shown."""
        scene, session = self.room.scene, self.room.session
        across = round((scene.point[0] - scene.grid.origin[0]) / scene.grid.spacing[0])
        inside = scene.groups.data[across] == label
        rows = np.flatnonzero(inside.any(axis=1))
        border = [
            (scene.point[0], *(np.array([row, inside[row].argmax()]) * scene.grid.spacing[1:] + scene.grid.origin[1:]))
            for row in rows[rows.size // 3 : 2 * rows.size // 3 : 2]
        ]
        before = session.undo_words
        self.hands.drag(
            self.room.viewer.window._qt_viewer.canvas.native,
            *(canvas_point(self.room, at) for at in border),
        )
        wait(lambda: session.undo_words != before)

    def _sign(self, name: str) -> Iterator[str]:
        """Sign what is read, after looking at what the dialog shows."""
        hands, session = self.hands, self.room.session
        hands.press("ctrl+Return")
        wait(lambda: isinstance(QApplication.activeModalWidget(), SignDialog))
        dialog = QApplication.activeModalWidget()
        yield name
        if dialog.issues:
            hands.click(dialog.seen, QPoint(10, dialog.seen.height() // 2))
        wait(dialog.sign.isEnabled)
        hands.click(dialog.sign)
        wait(lambda: session.signed)


def main(out: str, pictures: str) -> None:
    """Take the pictures."""
    from pyvirtualdisplay.display import Display

    from wbmri.cli import main as wbmri

    source, kept = Path(out).resolve(), Path(pictures).resolve()
    with Display(backend="xvfb", size=SCREEN, color_depth=24), tempfile.TemporaryDirectory() as folder, chdir(folder):
        shutil.copytree(source, "OUT", ignore=shutil.ignore_patterns("readings"))
        failed: list[Exception] = []

        def read() -> None:
            viewer = napari.current_viewer()
            window = viewer.window._qt_window
            # As a window manager would do.
            window.resize(*SCREEN)
            try:
                rest(1.0)
                for scene in Story(App.of(viewer), Hands(window)).scenes():
                    if scene in KEPT:
                        rest(1.0)
                        photograph(kept / f"{scene}.png")
            except Exception as error:
                failed.append(error)
            window.close()

        QTimer.singleShot(0, read)
        wbmri(["review", "OUT"])
        if failed:
            raise failed[0]


def photograph(path: Path) -> None:
    """Save the screen, in the few colours it has."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    QApplication.primaryScreen().grabWindow(0).save(str(path))
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, KMEANS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
