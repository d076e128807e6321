"""The colours of the grades on a dark screen.

The hues are those of the report. Where an area would be nearly white there, it is dim here, so that a healthy body does
not glare in a dark room. Every place that uses a colour writes the grade beside it.
"""

from qtpy.QtGui import QColor

from wbmri.report.colours import FILL, contour_of

INK = QColor("#f0f1f2")
"""Text."""

FAINT = QColor("#a9b1b9")
"""Text of less weight; 7:1 on napari's dark background."""

GROUND = QColor("#262930")
"""napari's dark background."""

RAISED = QColor("#414851")
"""napari's dark foreground: buttons, bars."""

LINE = QColor("#5a626c")
"""Rules and empty outlines."""

CHOSEN = QColor("#ffffff")
"""The border of the group that is being read."""

CAUTION = QColor("#ffcf70")
"""What needs attention."""

BODY = QColor("#343a42")
"""The silhouette of the body."""

_AREA = {0: "#4d6275", 1: FILL[1], 2: "#c8281b"}
_TEXT = {0: "#ffffff", 1: "#1d1205", 2: "#ffffff"}


def area_of(grade: int) -> QColor:
    """Colour of an area with this grade."""
    return QColor(_AREA[grade])


def text_of(grade: int) -> QColor:
    """Colour of text on `area_of`, with a contrast of at least 4.5."""
    return QColor(_TEXT[grade])


def line_of(grade: int | None) -> QColor:
    """Colour of a line or text on the dark background."""
    return QColor(contour_of(grade))
