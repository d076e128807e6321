"""Random keys, clicks, drags and resizes in the reading room: ``python benchmarks/fuzz_room.py [EVENTS] [--seed N]``.

A window on a screen of its own (Xvfb) reads small cases, which somebody else has signed: assisted, blinded, and as a
second reader, in turn. After each event it is checked that no exception was raised, that no grade was given to a group
before that was drawn, that the grades are those that were given, taken back or given again, and no others, and that
nothing which a mode hides can be read in the window or its list; at the end, that no history says so either. Then cases
are opened 20 times, and the memory after that is held against that after two. The same seed does the same events; what
they meet depends on how fast the window draws. It ends with 1 where something was found.
"""

import argparse
import gc
import json
import logging
import os
import re
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
from napari_wbmri.app import App
from napari_wbmri.viewer import Mark, Standing
from qtpy.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QKeySequence, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from wbmri.case import CasePaths, find_cases, write_case
from wbmri.core import AUTO, UNREVIEWED, Acquisition, InputError, LabelMap, Step, Volume
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade
from wbmri.review import Decision, Mode, Session, default_keys, open_review

EVENTS, OPENINGS, MOST_MB = 1000, 20, 150

TURNS = (("ANNA", Mode.ASSISTED), ("BERT", Mode.BLINDED), ("CLEO", Mode.SECOND))

SIGNER = "XENIA"
"""Who has signed all cases before, with the highest grade for each group: nobody else gets that total."""

PROGRAMS = re.compile(rf"Suggestion[^.]*: <|suggested|confidence \d|oedematous|\d× normal|{UNREVIEWED}")
"""Words in which the program's grades and what it measured are told."""

DECIDED = re.compile(r"grade \d|not assessable|unread")
"""How the words of a decision, other than those of an outline, a remark or a mark, end."""

OTHERS_KEYS = (
    "Ctrl+E",
    "Ctrl+Y",
    "Ctrl+D",
    "Ctrl+G",
    "Ctrl+L",
    "Alt+1",
    "Space",
    "Esc",
    "Del",
    "Home",
    "9",
    "@",
    "Ctrl+C",
)
"""Keys of napari's, and of nobody's."""

LEFT_OUT = frozenset(("Ctrl+Q", "Ctrl+W"))
"""Keys that end the run."""

DRAWN_S = 0.5
"""Where nothing is new, nothing is drawn, and what is on the screen counts as seen after so long."""


def small_body(bright: int) -> tuple[Volume, LabelMap]:
    """Make a body of blocks, one a group; every so many of them are bright in part."""
    scheme = load_scheme()
    affine = np.array([[-3.0, 0.0, 0.0, 60.0], [0.0, 6.0, 0.0, -30.0], [0.0, 0.0, 3.0, -150.0], [0, 0, 0, 1.0]])
    rng = np.random.default_rng(4)
    data = rng.normal(4.0, 1.0, (40, 10, 100)).clip(0.0)
    labels = np.zeros(data.shape, np.uint8)
    for group in scheme.groups:
        row, column = divmod((group.label - 1) // 2, 3)
        low = 3 + 5 * column
        across = slice(low, low + 5) if group.side == "right" else slice(40 - low - 5, 40 - low)
        place = (across, slice(2, 8), slice(2 + 14 * row, 14 + 14 * row))
        labels[place] = group.label
        data[place] = rng.normal(100.0, 6.0, (5, 6, 12))
        if group.label % bright == 0:
            data[place][:, :, : 4 if group.label % 2 else 10] *= 2.3
    volume = Volume(data, affine, Acquisition("STIR", 1.5, 60.0, 150.0, 4000.0), (Step("load", {"inputs": []}),))
    confidence = {group.label: 0.9 for group in scheme.groups}
    return volume, LabelMap(labels, affine, scheme, "blocks", confidence, provenance=volume.provenance)


def write_cases(out: Path) -> None:
    """Write two visits of one person and one of another, by names that stand nowhere else."""
    for participant, session, bright in (("qzx", "vkfirst", 1), ("qzx", "vklater", 3), ("wjy", "vkonly", 2)):
        volume, labels = small_body(bright)
        reading = grade(volume, labels)
        case = write_case(out, participant, session, volume, labels, reading, "<!doctype html><title>x</title>", {})
        signing = open_review(case.paths, SIGNER)
        for group in labels.scheme.groups:
            signing.grade(group.label, 2)
        signing.sign(signing.signoff_issues())
        signing.close()


class Grades:
    """What the decisions of a reading have to be, by what was done to it: nothing else may change them, or lose one."""

    def __init__(self, decisions: dict[int, Decision]) -> None:
        self.now, self._done, self._undone = decisions, list[dict[int, Decision]](), list[dict[int, Decision]]()

    def given(self, decisions: dict[int, Decision]) -> None:
        """Take over what was decided just now; one can go back to what was before."""
        if decisions != self.now:
            self._done.append(self.now)
            self._undone.clear()
            self.now = decisions

    def back(self) -> None:
        """Go back."""
        self._undone.append(self.now)
        self.now = self._done.pop()

    def again(self) -> None:
        """Do again what was taken back."""
        self._done.append(self.now)
        self.now = self._undone.pop()


class Monkey:
    """Does random things to a reading room, and notes what goes wrong.

    Parameters
    ----------
    app
        The application of the window.
    out
        The cases; readings are written there.
    seed
        Of the events.

    Attributes
    ----------
    faults
        What went wrong, with the events before.
    done
        How often each kind of event was done.
    graded
        How many grades were given.
    """

    def __init__(self, app: App, out: Path, seed: int) -> None:
        self.app, self.room, self.out = app, app.room, out
        self.window: QWidget = app.room.window
        self.rng = np.random.default_rng(seed)
        self.faults: list[str] = []
        self.done: Counter[str] = Counter()
        self.graded = 0
        self._last: deque[str] = deque(maxlen=12)
        self._drawn: tuple[Session | None, int] = (None, 0)
        self._chosen: tuple[int, float] = (0, 0.0)
        self._secret: tuple[str, ...] = ()
        self._grades: dict[Path, Grades] = {}
        bound = [key for binding in default_keys().bindings for key in binding.keys if key not in LEFT_OUT]
        # Grading is what is done most.
        self._keys = [*bound, *OTHERS_KEYS, *("0", "1", "2", "Return", "Down", "Q", "C") * 6]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Answer what would stop the events, and note exceptions and grades."""
        answers = ("a word", True)
        canvas = self.room.viewer.window._qt_viewer.canvas._scene_canvas
        canvas.events.draw.connect(self._draw)
        with ExitStack() as stack:
            for target, name, answer in (
                (QInputDialog, "getText", lambda *_: answers),
                (QFileDialog, "getSaveFileName", lambda *_, **__: ("", "")),
                (QFileDialog, "getOpenFileName", lambda *_, **__: ("", "")),
                (QFileDialog, "getExistingDirectory", lambda *_, **__: ""),
                (Session, "grade", self._deciding(self._watched(Session.grade))),
                (Session, "accept", self._deciding(self._watched(Session.accept))),
                (Session, "not_assessable", self._deciding(Session.not_assessable)),
                (Session, "clear", self._deciding(Session.clear)),
                (Session, "undo", self._going(Session.undo, "undo_words", Grades.back)),
                (Session, "redo", self._going(Session.redo, "redo_words", Grades.again)),
                (sys, "excepthook", lambda *what: self._raised(*what)),
                (threading, "excepthook", lambda what: self._raised(*what[:3])),
            ):
                stack.enter_context(patch.object(target, name, answer))
            # What a picture calls is caught there, and logged.
            logged = _Logged(self._fault)
            logging.getLogger("vispy").addHandler(logged)
            stack.callback(logging.getLogger("vispy").removeHandler, logged)
            stack.enter_context(patch("wbmri.registration.register_visits", self._refuse))
            try:
                yield
            finally:
                canvas.events.draw.disconnect(self._draw)

    def _refuse(self, *_: object) -> None:
        raise InputError("blocks", "a body", "scan a person")

    def _draw(self, _: object = None) -> None:
        session = self.room.session
        self._drawn = session, 0 if session is None else session.current

    def _watched(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def watched(session: Session, label: int, *more: Any) -> Any:
            self.graded += 1
            chosen, since = self._chosen
            waited = chosen == label and time.monotonic() - since > DRAWN_S
            if self._drawn != (session, label) and not waited:
                self._fault(f"group {label} was graded before it was drawn")
            return action(session, label, *more)

        return watched

    def _model(self, session: Session) -> Grades:
        """Return what the decisions of a reading have to be."""
        return self._grades.setdefault(session.paths.history, Grades(dict(session.decisions)))

    def _deciding(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def decided(session: Session, label: int, *more: Any) -> Any:
            model = self._model(session)
            change = action(session, label, *more)
            decisions = dict(session.decisions)
            if {**model.now, label: None} != {**decisions, label: None}:
                self._fault(f"deciding on group {label} changed another one")
            model.given(decisions)
            return change

        return decided

    def _going(self, action: Callable[..., Any], words: str, go: Callable[[Grades], None]) -> Callable[..., Any]:
        def gone(session: Session) -> Any:
            model, said = self._model(session), getattr(session, words) or ""
            change = action(session)
            if DECIDED.search(said) and change is not None:
                go(model)
            return change

        return gone

    def _raised(self, kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
        self._fault("".join(traceback.format_exception(kind, error, trace)))

    def _fault(self, words: str) -> None:
        self.faults.append(f"{words}\n  after {'; '.join(self._last)}")

    def sit_down(self, reader: str, mode: Mode) -> None:
        """Let somebody read, as the worklist does."""
        self.room.close()
        worklist = self.app.docked_worklist()
        worklist.show_folder(self.out, reader, mode)
        cases = find_cases(self.out)
        readers = {SIGNER, *(name for name, _ in TURNS)} - {reader}
        self._secret = (
            *(f"sub-{case.participant}" for case in cases),
            *(case.session for case in cases),
            *readers,
        )
        self._hides = mode

    def step(self) -> None:
        """Do one thing, and look at what became of it."""
        try:
            self._do()
        except Exception as error:  # whatever it is: what hears an event raises through whoever sent it
            self._raised(type(error), error, error.__traceback__)
        # What is typed fast is typed before anything is drawn.
        if self.rng.random() < 0.7:
            QTest.qWait(int(self.rng.integers(0, 25)))
        session = self.room.session
        current = 0 if session is None else session.current
        if current != self._chosen[0]:
            self._chosen = current, time.monotonic()
        self._look()

    def _do(self) -> None:
        modal, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
        if popup is not None:
            self._answer_popup(popup)
        elif modal is not None:
            self._answer_dialog(modal)
        elif self.room.session is None:
            self._open()
        else:
            kinds = (self._key, self._waver, self._click, self._drag, self._wheel, self._resize)
            kinds[self.rng.choice(len(kinds), p=(0.55, 0.06, 0.16, 0.1, 0.1, 0.03))]()

    def _note(self, kind: str, words: str) -> None:
        self.done[kind] += 1
        self._last.append(f"{kind} {words}")

    def _open(self) -> None:
        worklist = self.app.docked_worklist()
        rows = [] if worklist.worklist is None else list(worklist.worklist.rows)
        if not rows:
            self.sit_down(*TURNS[int(self.rng.integers(len(TURNS)))])
            return
        row = rows[int(self.rng.integers(len(rows)))]
        self._note("open", row.title)
        self.app.open_case(row.paths)

    def _key(self) -> None:
        name = self._keys[int(self.rng.integers(len(self._keys)))]
        self._note("key", name)
        self._press(name)

    def _waver(self) -> None:
        """Give a group that is read another grade, and take that back, perhaps to give it again."""
        session = self.room.session
        if session is None or not session.decisions:
            self._key()
            return
        label = int(self.rng.choice(sorted(session.decisions)))
        names = [str(((session.decisions[label].grade or 0) + 1) % 3), "U", *["Shift+U"] * int(self.rng.integers(2))]
        self._note("waver", f"group {label}: {' '.join(names)}")
        self.room.choose(label)
        # As people do, who see what they grade.
        end = time.monotonic() + 5.0
        while not self.room.seen and time.monotonic() < end:
            QTest.qWait(10)
        for name in names:
            self._press(name)

    def _press(self, name: str) -> None:
        focus = self.window.focusWidget()
        widget = focus if focus is not None and focus.isVisible() else self._canvas()
        if name == "?":
            QTest.keyClick(widget, "?", Qt.KeyboardModifier.ShiftModifier)
            return
        combination = QKeySequence(name)[0]
        QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())

    def _canvas(self) -> QWidget:
        canvas: QWidget = self.room.viewer.window._qt_viewer.canvas.native
        return canvas

    def _place(self) -> tuple[QWidget, QPoint]:
        """Return a widget of the window that can be seen, and a point on it; no menu of napari's."""
        for _ in range(20):
            at = QPoint(*(int(self.rng.integers(0, size)) for size in (self.window.width(), self.window.height())))
            widget = self.window.childAt(at)
            if widget is not None and not isinstance(widget, QMenuBar) and "Status" not in type(widget).__name__:
                name = f"{type(widget).__name__} {widget.parent()}"
                if "napari" not in name or "canvas" in name.lower():
                    return widget, widget.mapFrom(self.window, at)
        return self._canvas(), QPoint(50, 50)

    def _click(self) -> None:
        widget, at = self._place()
        button = Qt.MouseButton.LeftButton if self.rng.random() < 0.8 else Qt.MouseButton.RightButton
        self._note("click", f"{type(widget).__name__} at {at.x()}, {at.y()}")
        if self.rng.random() < 0.1:
            QTest.mouseDClick(widget, button, Qt.KeyboardModifier.NoModifier, at)
        else:
            QTest.mouseClick(widget, button, self._held(), at)

    def _held(self) -> Qt.KeyboardModifier:
        none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
        return shift if self.rng.random() < 0.15 else none

    def _drag(self) -> None:
        widget, at = self._place()
        button = Qt.MouseButton.LeftButton if self.rng.random() < 0.6 else Qt.MouseButton.RightButton
        self._note("drag", f"{type(widget).__name__} from {at.x()}, {at.y()}")
        QTest.mousePress(widget, button, self._held(), at)
        for _ in range(int(self.rng.integers(1, 5))):
            at = at + QPoint(*(int(value) for value in self.rng.integers(-60, 61, 2)))
            QTest.mouseMove(widget, at)
            QTest.qWait(2)
        QTest.mouseRelease(widget, button, Qt.KeyboardModifier.NoModifier, at)

    def _wheel(self) -> None:
        widget, at = self._place()
        turned = int(self.rng.choice((-120, 120)))
        self._note("wheel", f"{type(widget).__name__} {turned}")
        none, held = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        if self.rng.random() < 0.2:
            held = Qt.KeyboardModifier.ControlModifier
        there = QPointF(widget.mapToGlobal(at))
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(QPointF(at), there, QPoint(0, 0), QPoint(0, turned), none, held, phase, False)
        QApplication.sendEvent(widget, event)

    def _resize(self) -> None:
        width, height = int(self.rng.integers(1000, 1921)), int(self.rng.integers(620, 1081))
        self._note("resize", f"{width} x {height}")
        self.window.resize(width, height)

    def _answer_popup(self, popup: QWidget) -> None:
        actions = [action for action in popup.actions() if action.isEnabled()] if isinstance(popup, QMenu) else []
        if actions and self.rng.random() < 0.7:
            action = actions[int(self.rng.integers(len(actions)))]
            self._note("menu", action.text())
            popup.close()
            action.trigger()
        else:
            self._note("menu", "Esc")
            QTest.keyClick(popup, Qt.Key.Key_Escape)
            if QApplication.activePopupWidget() is popup:
                popup.close()

    def _answer_dialog(self, dialog: QWidget) -> None:
        for field in dialog.findChildren(QPlainTextEdit):
            field.setPlainText("a word")
        buttons = [one for one in dialog.findChildren(QPushButton) if one.isVisible() and one.isEnabled()]
        if buttons and self.rng.random() < 0.6:
            button = buttons[int(self.rng.integers(len(buttons)))]
            self._note("dialog", button.text())
            button.click()
        else:
            self._note("dialog", "Esc")
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    def _look(self) -> None:
        """Check that the grades are those that were given, and that nothing is shown which the mode hides."""
        session = self.room.session
        if session is not None:
            model = self._model(session)
            if dict(session.decisions) != model.now:
                self._fault(f"the grades are {_said(session.decisions)}, and were to be {_said(model.now)}")
                model.now = dict(session.decisions)
        if self._hides is Mode.ASSISTED:
            return
        self._look_at_list()
        if session is None:
            return
        see = session.visible
        names = {SIGNER, *dict(TURNS)}
        hidden = [] if see.visits else [word for word in self._secret if word not in names]
        hidden += [] if see.other_readers else [word for word in self._secret if word in names]
        text = self._read()
        told = PROGRAMS.search(text)
        if told is not None and not see.suggestions:
            self._fault(f"{told[0]!r} can be read while suggestions are hidden")
        self.faults.extend(
            f"{word} can be read while it is hidden\n  after {'; '.join(self._last)}" for word in hidden if word in text
        )
        evidence = self.room.docks.panel.evidence if self.room.docks is not None else None
        shown = (
            ("a histogram", evidence is not None and evidence.histogram.counts is not None),
            ("the heat map", self.room.scene.heat_shown),
            ("suggested grades", any(view.measured is not None for view in session.groups())),
            ("a suggested mark", any(mark.standing is Standing.SUGGESTED for mark in self._marks())),
        )
        if not see.suggestions:
            self.faults.extend(f"{what} is shown while suggestions are hidden" for what, seen in shown if seen)
        visit = self.room.side.visit
        if not see.visits and visit is not None:
            self._fault("another visit is shown while visits are hidden")
        if not see.other_readers:
            others = [view.group.label for view in session.groups() if view.others]
            if others:
                self._fault(f"other readers' grades of {others} are shown while they are hidden")
            if visit is not None and visit.reading.reader not in (AUTO, session.reader):
                self._fault(f"the other visit is that of {visit.reading.reader}, while other readers are hidden")

    def _marks(self) -> list[Mark]:
        docks = self.room.docks
        return [] if docks is None else list(docks.overview.table.grades.marks.values())

    def _look_at_list(self) -> None:
        """Check that no total is listed which the mode hides: other readers' before all is signed, and the highest."""
        worklist = self.app.worklist
        if worklist is None or worklist.worklist is None:
            return
        for row in worklist.rows.rows:
            shown = {row.total_said, *(one.reader for one in row.readings), row.reader} & {"84", SIGNER}
            if shown and not row.finished:
                self._fault(f"the list of {worklist.worklist.reader} shows {', '.join(sorted(shown))} for {row.title}")

    def _read(self) -> str:
        """Return everything that can be read in the windows there are."""
        texts = []
        for window in QApplication.topLevelWidgets():
            if not window.isVisible():
                continue
            texts.append(window.windowTitle())
            for widget in window.findChildren(QWidget):
                # The list of cases names its reader, who may see that.
                if widget.isVisible() and isinstance(widget, QLabel | QPushButton | QLineEdit):
                    texts += [widget.text(), widget.toolTip()]
                elif widget.isVisible() and isinstance(widget, QComboBox):
                    texts.append(widget.currentText())
        return "\n".join([*texts, str(self.room.viewer.status)])

    def end(self) -> None:
        """Close what is open, and check what was written."""
        for _ in range(20):
            popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
            if popup is None and modal is None:
                break
            for widget in (popup, modal):
                if isinstance(widget, QDialog):
                    widget.reject()
                elif widget is not None:
                    widget.close()
            QTest.qWait(20)
        self.room.close()
        QTest.qWait(50)
        for path in sorted(self.out.rglob("*_run-1_desc-BERT_history.jsonl")):
            for line in map(json.loads, path.read_text("utf-8").splitlines()):
                if line.get("suggestion") is not None or (line.get("to") or {}).get("suggestion_seen"):
                    self.faults.append(f"{path.name}, line {line['number']}: a suggestion was seen while blinded")


class _Logged(logging.Handler):
    """Hands on what is logged as an error."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(self.format(record))


def _said(decisions: Mapping[int, Decision]) -> str:
    return ", ".join(f"{label} {decision.words}" for label, decision in sorted(decisions.items())) or "none"


def run(monkey: Monkey, events: int, each: int) -> None:
    """Do so many events, with another reader after every `each`."""
    with monkey.watching():
        for place in range(events):
            if place % each == 0:
                while QApplication.activePopupWidget() or QApplication.activeModalWidget():
                    monkey.step()
                monkey.sit_down(*TURNS[place // each % len(TURNS)])
            monkey.step()
        monkey.end()


def opened_often(app: App, out: Path, openings: int) -> tuple[float, float]:
    """Return the memory in MB after two openings and after all of them."""
    cases = find_cases(out)
    megabytes = []
    for place in range(openings):
        paths: CasePaths = cases[place % len(cases)]
        app.room.open(open_review(paths, "DORA"))
        end = time.monotonic() + 30.0
        while not app.room.prepared and time.monotonic() < end:
            QTest.qWait(10)
        app.room.show_planes(wanted=place % 2 == 0)
        QTest.qWait(50)
        app.room.close()
        # Only a loop of events, as a reader's window has, takes away the widgets of layers that are no more.
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()
        gc.collect()
        megabytes.append(psutil.Process().memory_info().rss / 1e6)
    return megabytes[1], megabytes[-1]


def main() -> int:
    """Run, and print what was done and what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", nargs="?", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    from pyvirtualdisplay.display import Display

    os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
    with Display(backend="xvfb", size=(1920, 1080), color_depth=24), tempfile.TemporaryDirectory() as folder:
        import napari

        out = Path(folder) / "OUT"
        write_cases(out)
        os.environ["NAPARI_CONFIG"] = str(Path(folder) / "napari.yaml")
        viewer = napari.Viewer(show=False)
        viewer.window._qt_window.resize(1366, 768)
        viewer.window._qt_window.show()
        monkey = Monkey(App.of(viewer), out, asked.seed)
        run(monkey, asked.events, max(asked.events // 12, 40))
        print(f"{sum(monkey.done.values())} events, seed {asked.seed}: {dict(monkey.done)}; {monkey.graded} grades")
        print(f"{len(monkey.faults)} faults in them", flush=True)
        two, many = opened_often(monkey.app, out, OPENINGS)
        print(f"memory after 2 openings {two:.0f} MB, after {OPENINGS} {many:.0f} MB (bar: {MOST_MB} MB more)")
        if many - two > MOST_MB:
            monkey.faults.append(f"{many - two:.0f} MB more after {OPENINGS} openings than after two")
        for fault in dict.fromkeys(monkey.faults):
            print(f"- {fault}")
        viewer.close()
        # Before its screen goes: it would wait for that for ever.
        QApplication.instance().shutdown()
    return 1 if monkey.faults else 0


if __name__ == "__main__":
    sys.exit(main())
