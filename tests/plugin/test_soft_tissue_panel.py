"""Fascia, subcutis and calcinosis are marked in the window, kept, and never counted."""

from collections.abc import Callable

from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt

from wbmri.core import CalcinosisCourse, LimbPart, Tissue


def test_marks_are_kept_undone_and_not_counted(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room = read()
    panel, total = room.docks.panel.soft_tissue, room.session.totals.given.total
    button = panel.signs[Tissue.FASCIA, LimbPart.DISTAL]
    for _ in range(2):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert room.session.soft_tissue.signs[Tissue.FASCIA][LimbPart.DISTAL].graded == 1
    assert "1" in button.text()
    panel.present.setCurrentIndex(2)
    panel.present.activated.emit(2)
    assert panel.places.isVisibleTo(panel)
    panel.places.setFocus()
    qtbot.keyClicks(panel.places, "left elbow, right knee 2")
    qtbot.keyClick(panel.places, Qt.Key.Key_Return)
    panel.course.setCurrentIndex(2)
    panel.course.activated.emit(2)
    marked = room.session.soft_tissue.calcinosis
    assert marked.places == ("left elbow", "right knee 2")
    assert marked.course is CalcinosisCourse.NEW
    assert room.session.totals.given.total == total
    assert not room.session.decisions
    press("U", "U", "U")
    assert room.session.soft_tissue.calcinosis.present is None
    assert panel.present.currentText() == "not looked at"
    room.close()
    read()
    assert room.session.soft_tissue.signs[Tissue.FASCIA][LimbPart.DISTAL].graded == 1
