"""All keys on one page, and where to change them."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from napari_wbmri.colours import FAINT
from napari_wbmri.panel import notice
from wbmri.review import KeyMap

_COLUMNS = 2

_SHOWN = {"Return": "⏎", "Enter": "⏎ (keypad)", "Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Backspace": "⌫"}


def shown_key(key: str) -> str:
    """Return a key as it is printed on a keyboard."""
    *held, last = key.split("+") if key != "+" else [key]
    return "+".join([*held, _SHOWN.get(last, last)])


class KeyHelp(QDialog):
    """Shows every key with what it does.

    Parameters
    ----------
    keys
        The keys as they are set now.
    file
        The file in which a reader can change them.
    """

    def __init__(self, keys: KeyMap, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of the reading room")
        page = QVBoxLayout(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(3)
        rows = [0] * _COLUMNS
        for section, bindings in keys.sections().items():
            column = rows.index(min(rows))
            title = QLabel(section)
            title.setStyleSheet("font-size: 14px; font-weight: bold; padding-top: 6px;")
            grid.addWidget(title, rows[column], 2 * column, 1, 2)
            for row, binding in enumerate(bindings, start=rows[column] + 1):
                caps = " ".join(
                    f"<span style='background:#414851; color:#ffffff'>&nbsp;{shown_key(key)}&nbsp;</span>"
                    for key in binding.keys
                )
                cap, words = QLabel(caps or "–"), QLabel(binding.title)
                cap.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                for label in (cap, words):
                    label.setStyleSheet("font-size: 12px;")
                grid.addWidget(cap, row, 2 * column)
                grid.addWidget(words, row, 2 * column + 1)
            rows[column] += 1 + len(bindings)
        page.addLayout(grid)
        mouse = QLabel(
            "Mouse: the wheel goes through the slices, Ctrl and the wheel zoom, dragging moves the picture.\n"
            f'To change a key, write it under [keys] in {file}, for example  next_group = ["Down", "J"].'
        )
        mouse.setStyleSheet(f"color: {FAINT.name()}; font-size: 12px;")
        page.addWidget(mouse)
        page.addWidget(notice())
