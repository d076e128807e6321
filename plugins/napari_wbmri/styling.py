"""Styles of widgets that follow what is shown."""

from qtpy.QtWidgets import QWidget

from napari_wbmri.colours import CAUTION


def dress(widget: QWidget, style: str) -> None:
    """Give a widget a style unless it has it: Qt goes through all of napari's style sheet each time."""
    if widget.styleSheet() != style:
        widget.setStyleSheet(style)


def said(*, caution: bool) -> str:
    """Return the style of a sentence about what happened."""
    return f"font-size: 12px; color: {CAUTION.name()};" if caution else "font-size: 12px;"
