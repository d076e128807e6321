"""Scoring a scan from inside napari: its options as a form, and the work in the background, which can be cancelled."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, QThread, Signal
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_wbmri.widgets import dress, notice, said
from wbmri.case import CasePaths, find_cases
from wbmri.core import WbmriError, in_words

if TYPE_CHECKING:
    from wbmri.pipeline import ScoringOptions


class ScoringOptionsForm(QGroupBox):
    """Fields for label maps, scheme, series, controls and contrast agent; several names are parted by commas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Options", parent)
        self.labels, self.mapping, self.scheme = QLineEdit(), QLineEdit(), QLineEdit()
        self.series, self.controls = QLineEdit(), QLineEdit()
        self.fusion = QComboBox()
        self.fusion.addItems(["vote", "staple"])
        self.post_contrast = QCheckBox("made after a contrast agent")
        self.labels.setPlaceholderText("your label maps, not an engine")
        self.mapping.setPlaceholderText("what their numbers mean")
        self.scheme.setPlaceholderText("name or TOML file")
        self.series.setPlaceholderText("keys, not those chosen")
        self.controls.setPlaceholderText("file of wbmri calibrate controls")
        form = QFormLayout(self)
        form.addRow("Labels", self.labels)
        form.addRow("Mapping", self.mapping)
        form.addRow("Fusion", self.fusion)
        form.addRow("Scheme", self.scheme)
        form.addRow("Series", self.series)
        form.addRow("Controls", self.controls)
        form.addRow("Scan", self.post_contrast)

    def chosen(self, engine: str) -> "ScoringOptions":
        """Return what was chosen, checked.

        Raises
        ------
        InputError, CaseError
            If something does not exist or cannot be used.
        """
        from wbmri.pipeline import ScoringOptions

        labels, mapping, series = (_parts(field) for field in (self.labels, self.mapping, self.series))
        scheme, controls = (field.text().strip() or None for field in (self.scheme, self.controls))
        fusion, accepted = self.fusion.currentText(), self.post_contrast.isChecked()
        return ScoringOptions.of(engine, labels, mapping, fusion, scheme, series, controls, accepted)


def _parts(field: QLineEdit) -> list[str]:
    return [part.strip() for part in field.text().split(",") if part.strip()]


SESSIONS = ("baseline", "month6")
"""The visits of the sample."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The reader stopped the work."""


class Work(QThread):
    """Runs a function with a progress callback in the background.

    Parameters
    ----------
    job
        What to run; it reports where it stands, which is also where it can be stopped.
    """

    progressed = Signal(float, str)
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, job: Callable[[Callable[[float, str], None]], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job
        # Not Qt's own interruption: asking for it takes the thread's lock while Python's is held, and whatever the job
        # does to its thread under that lock may wait for Python's.
        self._stopped = Event()

    def stop(self) -> None:
        """End at the next step; may be called from any thread, and never waits."""
        self._stopped.set()

    def run(self) -> None:
        """Do the work."""
        try:
            result = self._job(self._step)
        except Cancelled:
            self.cancelled.emit()
        except (WbmriError, OSError, MemoryError) as error:
            self.failed.emit(str(error))
        except Exception as error:  # whatever it is, the reader is not left waiting
            self.failed.emit(f"Not done, because of an error in the program: {in_words(error)}")
        else:
            self.done.emit(result)

    def _step(self, share: float, doing: str) -> None:
        if self._stopped.is_set():
            raise Cancelled
        self.progressed.emit(share, doing)


class ScoringDock(QWidget):
    """Chooses a scan and a folder, and scores."""

    scored = Signal(object)
    """The paths of a case that is there now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inputs: list[str] = []
        self.sample: Path | None = None
        self.work: Work | None = None
        self.what, self.doing = QLabel("No scan chosen."), QLabel()
        self.out, self.participant, self.session = QLineEdit(), QLineEdit(), QLineEdit()
        self.out.setPlaceholderText("folder of the cases")
        self.participant.setPlaceholderText("next new participant")
        self.session.setPlaceholderText("next session")
        self.engine, self.bar = QComboBox(), QProgressBar()
        self.options = ScoringOptionsForm()
        self.files, self.folder, self.place = QPushButton("Files…"), QPushButton("DICOM folder…"), QPushButton("…")
        self.start, self.stop = QPushButton("Score"), QPushButton("Cancel")
        self._lay_out()
        self.files.clicked.connect(self._choose_files)
        self.folder.clicked.connect(self._choose_folder)
        self.place.clicked.connect(self._choose_out)
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(self.cancel)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._quit)
        self._follow()

    def _lay_out(self) -> None:
        from wbmri.segmentation import engines

        self.engine.addItem("default engine", "auto")
        for info in engines():
            if info.available and info.name != "labels":
                self.engine.addItem(info.name, info.name)
        form = QFormLayout()
        row = QHBoxLayout()
        row.addWidget(self.files)
        row.addWidget(self.folder)
        form.addRow("Scan", row)
        form.addRow("", self.what)
        row = QHBoxLayout()
        row.addWidget(self.out)
        row.addWidget(self.place)
        form.addRow("Into", row)
        form.addRow("Participant", self.participant)
        form.addRow("Session", self.session)
        form.addRow("Engine", self.engine)
        # It scrolls rather than to ask for a height that a laptop has not, beside or behind the other docks.
        inside, scroll = QWidget(), QScrollArea()
        above = QVBoxLayout(inside)
        above.setContentsMargins(0, 0, 0, 0)
        above.addLayout(form)
        above.addWidget(self.options)
        above.addStretch(1)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.addWidget(scroll, 1)
        column.addWidget(self.bar)
        column.addWidget(self.doing)
        row = QHBoxLayout()
        for button in (self.start, self.stop):
            button.setMinimumHeight(30)
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(notice())
        for label in (self.what, self.doing):
            label.setWordWrap(True)
            label.setStyleSheet("font-size: 12px;")
        self.setMinimumWidth(300)

    def offer(self, inputs: Sequence[str], out: Path | None = None) -> None:
        """Make ready to score a scan, into a folder unless another one is typed already."""
        self.inputs, self.sample = list(inputs), None
        if out is not None and not self.out.text():
            self.out.setText(str(out))
        names = ", ".join(Path(path).name for path in self.inputs[:3])
        self.what.setText(names + (f" and {len(self.inputs) - 3} more" if len(self.inputs) > 3 else ""))
        self._follow()

    def score_sample(self, out: Path) -> None:
        """Score the visits of the sample that are not in a folder yet, then show them in the worklist."""
        from wbmri.core import part
        from wbmri.io import sample_images
        from wbmri.pipeline import ScoringOptions, score_visit

        there = {paths.session for paths in find_cases(out)}
        missing = [session for session in SESSIONS if session not in there]

        def job(progress: Callable[[float, str], None]) -> object:
            for place, session in enumerate(missing):
                step = part(progress, place / len(missing), (place + 1) / len(missing))
                images, names = sample_images(session), {"participant": "sample", "session": session}
                score_visit(images, out, ScoringOptions(), **names, progress=step)
            return CasePaths(out, "sample", SESSIONS[0])

        self.inputs, self.sample = [], out
        self.what.setText("The sample pair: baseline and month6")
        self.out.setText(str(out))
        if missing:
            self.run(job)
        else:
            self._done(CasePaths(out, "sample", SESSIONS[0]))

    def run(self, job: Callable[[Callable[[float, str], None]], object]) -> None:
        """Run a job that ends with the paths of a case."""
        self.work = Work(job)
        self.work.progressed.connect(self._progress)
        self.work.done.connect(self._done)
        self.work.failed.connect(self._failed)
        self.work.cancelled.connect(lambda: self._ended("Cancelled; nothing of this scan was written."))
        self.bar.setValue(0)
        self._say("Starting", caution=False)
        self.work.start()
        self._follow()

    def cancel(self) -> None:
        """Stop at the next step."""
        if self.work is not None:
            self.work.stop()
            self._say("Stopping after this step…", caution=False)

    def _quit(self) -> None:
        """Do not leave work behind that would end with the program in its middle; nothing is written by halves."""
        if self.work is not None:
            self.work.stop()
            self.work.wait()

    def _start(self) -> None:
        if self.sample is not None:
            self.score_sample(self.sample)
            return
        inputs, out = list(self.inputs), self.out.text().strip()
        participant, session = self.participant.text().strip() or None, self.session.text().strip() or None
        if not inputs or not out:
            self._say("Choose a scan and the folder its case goes into first.", caution=True)
            return
        try:
            options = self.options.chosen(self.engine.currentData())
        except WbmriError as error:
            self._say(str(error), caution=True)
            return

        def job(progress: Callable[[float, str], None]) -> object:
            from wbmri.pipeline import score_visit

            given = inputs if len(inputs) > 1 else inputs[0]
            made = score_visit(given, out, options, participant=participant, session=session, progress=progress)
            return made.case.paths

        self.run(job)

    def _progress(self, share: float, doing: str) -> None:
        self.bar.setValue(round(100 * share))
        self._say(f"{doing[:1].upper()}{doing[1:]}", caution=False)

    def _done(self, paths: CasePaths) -> None:
        self.bar.setValue(100)
        self._ended(f"Scored: {paths.name}.")
        self.scored.emit(paths)

    def _failed(self, why: str) -> None:
        self._ended(why)
        self._say(why, caution=True)

    def _ended(self, words: str) -> None:
        if self.work is not None:
            self.work.wait()
            self.work = None
        self._say(words, caution=False)
        self._follow()

    def _say(self, words: str, *, caution: bool) -> None:
        self.doing.setText(words)
        dress(self.doing, said(caution=caution))

    def _follow(self) -> None:
        busy = self.work is not None
        for widget in (self.start, self.files, self.folder, self.out, self.place, self.engine, self.options):
            widget.setEnabled(not busy)
        self.stop.setEnabled(busy)
        self.bar.setVisible(busy)

    def _choose_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            "Stations of one scan",
            "",
            "Images (*.nii *.nii.gz *.nrrd *.mha)",
        )
        if chosen:
            self.offer(chosen)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "DICOM folder")
        if chosen:
            self.offer([chosen])

    def _choose_out(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the cases")
        if chosen:
            self.out.setText(chosen)
