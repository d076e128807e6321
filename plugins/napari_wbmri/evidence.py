"""Why a group is suggested to have its grade: the sentence, the numbers, the histogram and what is not plausible."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_wbmri.colours import CAUTION, FAINT
from napari_wbmri.histogram import Histogram
from wbmri.reading import Evidence, GroupReading
from wbmri.review import GroupView, Session

_CONFIDENCE = (
    "Confidence: the probability of the suggested grade, less what the outline, few voxels or an uncertain level of "
    "normal muscle leave open. In brackets: the probability of each grade if the outline is right."
)


class EvidencePanel(QWidget):
    """Shows one group, as far as its mode lets it be seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.decision, self.suggestion = QLabel(), QLabel(), QLabel()
        self.why, self.numbers, self.flags, self.others = QLabel(), QLabel(), QLabel(), QLabel()
        self.histogram = Histogram()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self.title.setStyleSheet("font-size: 17px; font-weight: bold;")
        self.flags.setStyleSheet(f"color: {CAUTION.name()}; font-size: 12px;")
        self.numbers.setStyleSheet(f"color: {FAINT.name()}; font-size: 12px;")
        self.suggestion.setToolTip(_CONFIDENCE)
        for label in (self.title, self.decision, self.suggestion, self.why, self.numbers):
            self._add(column, label)
        column.addWidget(self.histogram)
        for label in (self.flags, self.others):
            self._add(column, label)

    @staticmethod
    def _add(column: QVBoxLayout, label: QLabel) -> None:
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(label)

    def show_group(self, view: GroupView) -> None:
        """Show a group; its histogram is set apart, through `histogram`."""
        self.title.setText(view.group.name)
        decided = view.decision
        if decided is not None:
            self.decision.setText(f"Your reading: <b>{decided.words}</b>")
        else:
            self.decision.setText("Not read yet" if view.to_read else "Both readers agree")
        if decided is not None and decided.note:
            self.decision.setText(f"{self.decision.text()} ({_plain(decided.note)})")
        entry = view.measured
        self.suggestion.setVisible(entry is not None)
        self.numbers.setVisible(entry is not None and entry.evidence is not None)
        self.flags.setVisible(entry is not None and bool(entry.flags))
        if entry is None:
            self.why.setText("Suggestion and measurements are hidden until the reading is signed.")
        else:
            self.suggestion.setText(_suggested(entry))
            self.why.setText(_plain(entry.explanation))
            self.numbers.setText("" if entry.evidence is None else _numbers(entry.evidence))
            self.flags.setText("<br>".join(f"⚠ {_plain(flag)}" for flag in entry.flags))
        said = [
            f"{_plain(reader)}: <b>{'not assessable' if other.grade is None else f'grade {other.grade}'}</b>".replace(
                " ", "\u00a0"
            )
            for reader, other in view.others.items()
        ]
        self.others.setVisible(bool(said))
        self.others.setText("Other readers · " + " · ".join(said))

    def show_histogram(self, session: Session, *, ready: bool) -> None:
        """Show how bright the group that is being read is, or why that is not shown.

        Parameters
        ----------
        session
            The reading.
        ready
            Whether measuring would be quick now.
        """
        reference, view = session.case.reading.reference, session.group(session.current)
        if view.measured is None:
            self.histogram.show_nothing("")
        elif reference is None:
            self.histogram.show_nothing("Normal muscle is not known in this scan.")
        elif not ready:
            self.histogram.show_nothing("Measuring…")
        else:
            shown = session.histogram(session.current)
            if shown is None or not shown[1].any():
                self.histogram.show_nothing("No voxels of this group can be measured.")
            else:
                rule = session.case.reading.scheme.grading
                self.histogram.show_counts(*shown, reference, rule, view.measured.auto_grade)


def _plain(text: str) -> str:
    """Keep a sentence from being read as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _suggested(entry: GroupReading) -> str:
    grade = "not assessable" if entry.auto_grade is None else f"grade {entry.auto_grade}"
    text = f"Suggestion: <b>{grade}</b> · confidence {100 * entry.confidence:.0f} %"
    if entry.probabilities is None:
        return text
    chances = " · ".join(f"{grade}:\u00a0{100 * share:.0f}\u00a0%" for grade, share in enumerate(entry.probabilities))
    return f"{text} <span style='color:{FAINT.name()}'>({chances})</span>"


def _numbers(evidence: Evidence) -> str:
    said = []
    share = f"{100 * evidence.oedema_fraction:.0f} % oedema"
    if evidence.fraction_range is not None:
        low, high = evidence.fraction_range
        share += f" ({100 * low:.0f}–{100 * high:.0f} %)"
    said.append(share)
    if evidence.oedema_ratio is not None:
        said.append(f"{evidence.oedema_ratio:.1f}× normal")
    if evidence.t2_ms is not None:
        said.append(f"T2 about {evidence.t2_ms:.0f} ms")
    if evidence.pattern is not None:
        foci = evidence.pattern.foci
        said.append(f"{evidence.pattern.extent}, {foci} {'focus' if foci == 1 else 'foci'}")
    if evidence.asymmetry is not None:
        said.append(f"{100 * evidence.asymmetry:+.0f} % against the other side".replace("-", "\u2212"))
    said.append(f"{evidence.volume_ml:.0f} ml")
    return " · ".join(said)
