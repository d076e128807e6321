"""The options of scoring beyond the engine, as a form: the same that ``wbmri score`` has."""

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QGroupBox, QLineEdit, QWidget

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
        self.labels.setPlaceholderText("label maps of your own, instead of an engine")
        self.mapping.setPlaceholderText("what their numbers mean")
        self.scheme.setPlaceholderText("name or TOML file")
        self.series.setPlaceholderText("keys of series, instead of those chosen")
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
