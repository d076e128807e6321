"""The colours of the grades, and of what became of them, on every map, chip and contour.

Light, middle and dark: the order stays readable to colour-blind people and in a grey print, and every place that uses a
colour writes the grade beside it.
"""

from wbmri.analysis.comparison import Transition

FILL = {0: "#f7f3ea", 1: "#f2a541", 2: "#8f1d14"}
"""Grade to the colour of an area."""

TEXT = {0: "#3c4650", 1: "#1d1205", 2: "#ffffff"}
"""Grade to a text colour that stands out on `FILL` with a contrast of at least 4.5."""

CONTOUR = {0: "#7fd4ff", 1: "#ffb347", 2: "#ff4d3d"}
"""Grade to the colour of a line over a dark grey image."""

LINE_WIDTH = {0: 1.5, 1: 1.9, 2: 2.6}
"""Grade to the width of that line, in mm of the body: the worse, the bolder, so that colour is not all there is."""

NOT_ASSESSABLE = "#c3cad1"
"""Area of a group without a grade; hatched where it is drawn large."""

NOT_ASSESSABLE_CONTOUR = "#b8c0c8"
"""Line around a group without a grade, over a dark grey image; dashed."""

CHANGE_FILL = {
    Transition.RESOLVED: "#1f5f99",
    Transition.BETTER: "#72a9d8",
    Transition.SAME: "#d9c29c",
    Transition.WORSE: "#f08a4b",
    Transition.NEW: "#9c1f1f",
}
"""Transition to the colour of an area: blue for less oedema, red for more, sand where as much remains."""

CHANGE_TEXT = {
    Transition.RESOLVED: "#ffffff",
    Transition.BETTER: "#12283a",
    Transition.SAME: "#33280f",
    Transition.WORSE: "#2a1000",
    Transition.NEW: "#ffffff",
}
"""Transition to a text colour that stands out on `CHANGE_FILL` with a contrast of at least 4.5."""

STILL_FREE = "#f7f3ea"
"""Area of a group without oedema at both visits."""


def fill_of(grade: int | None) -> str:
    """Colour of an area with this grade."""
    return NOT_ASSESSABLE if grade is None else FILL[grade]


def text_of(grade: int | None) -> str:
    """Colour of text on an area with this grade."""
    return "#1b2229" if grade is None else TEXT[grade]


def contour_of(grade: int | None) -> str:
    """Colour of a line over a dark image."""
    return NOT_ASSESSABLE_CONTOUR if grade is None else CONTOUR[grade]


def width_of(grade: int | None) -> float:
    """Width of a line over a dark image, in mm of the body."""
    return LINE_WIDTH[0 if grade is None else grade]


def mark_of(grade: int | None) -> str:
    """Return the figure, or ``n/a``."""
    return "n/a" if grade is None else str(grade)


def said_of(grade: int | None) -> str:
    """Return the grade in words."""
    return "not assessable" if grade is None else f"grade {grade}"
