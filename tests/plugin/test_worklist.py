"""The worklist: what is there, how far it is, and the way into a case."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.docks import WorklistDock, dock_of
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt

from wbmri.case import CasePaths
from wbmri.review import Mode, open_review


@pytest.fixture
def worklist(room: ReadingRoom) -> Iterator[WorklistDock]:
    made = App.of(room.viewer).docked_worklist()
    yield made
    made.search.clear()
    made.unread.setChecked(False)
    made.warned.setChecked(False)
    made.status.setCurrentIndex(0)


def cells(worklist: WorklistDock, column: int = 0) -> list[str]:
    return [worklist.rows.data(worklist.rows.index(row, column)) for row in range(worklist.rows.rowCount())]


def test_cases_are_listed_searched_and_filtered(worklist: WorklistDock, out: Path) -> None:
    worklist.show_folder(out, "ANNA")
    assert len(cells(worklist)) == 3
    worklist.search.setText("month6")
    assert len(cells(worklist)) == 1
    assert "month6" in cells(worklist)[0]
    worklist.search.setText("nothing like this")
    assert cells(worklist) == []


def test_without_a_reader_it_asks_for_one(worklist: WorklistDock, out: Path) -> None:
    worklist.reader.clear()
    worklist.show_folder(out)
    assert "reader id" in worklist.message.text()
    worklist.reader.setText("not an id!")
    worklist.refresh()
    assert "not an id!" in worklist.message.text()


def test_enter_opens_the_selected_case_and_the_list_shows_how_far_it_is(
    worklist: WorklistDock,
    out: Path,
    room: ReadingRoom,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    worklist.show_folder(out, "ANNA")
    worklist.table.selectRow(1)
    worklist.table.setFocus()
    worklist._open_index(worklist.table.currentIndex())
    assert room.session.title in cells(worklist)
    assert room.session.mode is Mode.ASSISTED
    press("1", "Down", "0")
    worklist.refresh()
    row = cells(worklist).index(room.session.title)
    assert cells(worklist, 2)[row] == "2/42"
    assert cells(worklist, 1)[row] == "in review"


def test_next_unread_goes_on_to_the_next_case(
    worklist: WorklistDock,
    out: Path,
    room: ReadingRoom,
    qtbot: object,
) -> None:
    worklist.show_folder(out, "ANNA")
    visited = []
    for _ in range(3):
        qtbot.mouseClick(worklist.next, Qt.MouseButton.LeftButton)
        visited.append(room.session.title)
    assert len(set(visited)) == 3


def test_the_key_of_the_list_leads_through_it_to_another_case(
    worklist: WorklistDock,
    out: Path,
    room: ReadingRoom,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    worklist.show_folder(out, "ANNA")
    worklist.open_next()
    first, group = room.session.title, room.session.current
    press("L")
    qtbot.keyClick(worklist.table, Qt.Key.Key_Down)
    assert room.session.current == group
    qtbot.keyClick(worklist.table, Qt.Key.Key_Return)
    assert room.session.title != first
    assert not room.session.decisions


def test_a_list_that_was_closed_comes_back(
    worklist: WorklistDock,
    out: Path,
    room: ReadingRoom,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    worklist.show_folder(out, "ANNA")
    worklist.open_next()
    dock_of(worklist).destroyOnClose()
    qtbot.wait(20)
    press("L")
    qtbot.waitUntil(worklist.isVisible, timeout=5_000)
    assert len(cells(worklist)) == 3


def test_another_reader_does_not_see_what_was_open(worklist: WorklistDock, out: Path, room: ReadingRoom) -> None:
    worklist.show_folder(out, "ANNA")
    worklist.open_next()
    worklist.reader.setText("BERT")
    worklist.reader.editingFinished.emit()
    assert room.session is None
    assert len(cells(worklist)) == 3


def test_a_blinded_list_has_codes_and_no_totals(worklist: WorklistDock, out: Path) -> None:
    worklist.show_folder(out, "CARL", Mode.BLINDED)
    assert not any("baseline" in cell or "month6" in cell for cell in cells(worklist))
    assert set(cells(worklist, 3)) == {""}
    worklist.show_folder(out, "CARL", Mode.ASSISTED)
    assert any("baseline" in cell for cell in cells(worklist))


def test_a_damaged_case_is_a_row_that_says_why(worklist: WorklistDock, out: Path) -> None:
    reading = next((out / "sub-02").rglob("*_reading.json"))
    reading.write_text("{")
    worklist.show_folder(out, "ANNA")
    row = next(row for row, name in enumerate(cells(worklist)) if "02" in name)
    worklist.table.selectRow(row)
    worklist._selected()
    assert not worklist.opening.isEnabled()
    assert "reading.json" in worklist.message.text()


@pytest.mark.parametrize("mode", [Mode.ASSISTED, Mode.BLINDED])
def test_a_damaged_scan_is_said_and_the_case_is_left_to_others(
    worklist: WorklistDock,
    out: Path,
    room: ReadingRoom,
    mode: Mode,
) -> None:
    paths = CasePaths(out, "02", "baseline")
    paths.volume.write_bytes(paths.volume.read_bytes()[:2000])
    worklist.show_folder(out, "ANNA", mode)
    worklist.open_case(CasePaths(out, "01", "month6"))
    assert room.scene.shown
    worklist.open_case(paths)
    # Nothing of the case before stays in view beside what is said of this one.
    assert room.session is None
    assert not room.viewer.layers
    assert not room.docks.panel.isVisible()
    assert room.viewer.title == "wbmri reading room"
    assert ("not as it was written" if mode is Mode.ASSISTED else "damaged") in worklist.message.text()
    assert ("sub-02" in worklist.message.text()) is (mode is Mode.ASSISTED)
    other = open_review(paths, "BERT")
    assert other.holder is None
    other.close()
