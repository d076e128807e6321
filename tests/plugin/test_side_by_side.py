"""Baseline and follow-up side by side: the same place, the same window, both grades in one table."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from napari_wbmri.docks import OtherVisit, group_changes, other_visits
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import Depth, Mark, Standing
from napari_wbmri.widgets import GradesTable
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from wbmri.analysis.comparison import compare
from wbmri.case import Case, CasePaths, read_case, write_case
from wbmri.core import GradeSource, LabelMap, Reading

pytestmark = pytest.mark.usefixtures("no_registration")


@pytest.fixture
def both(read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object) -> ReadingRoom:
    room = read("month6")
    press("C")
    qtbot.wait(50)
    return room


def test_another_visit_is_linked_in_place_and_window(
    both: ReadingRoom,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room, side = both, both.side
    assert side.visit.session == "baseline"
    assert side.earlier
    press("Down", "Down")
    qtbot.wait(30)
    np.testing.assert_allclose(side.scene.point, room.scene.point, atol=6.0)
    room.scene.step(1)
    np.testing.assert_allclose(side.scene.viewer.dims.point[0], room.viewer.dims.point[0], atol=6.0)
    room.viewer.scene.camera.zoom *= 2
    assert side.scene.viewer.scene.camera.zoom == pytest.approx(room.viewer.scene.camera.zoom)
    level = side.visit.case.reading.reference.level
    assert side.scene.scan.contrast_limits[1] / level == pytest.approx(2.0)
    press("V", "W")
    assert side.scene.plane == room.scene.plane == "axial"
    assert side.scene.scan.contrast_limits[1] / level == pytest.approx(4.0)
    press("M")
    assert side.scene.depth is room.scene.depth is Depth.PROJECTION


def test_visits_stand_in_the_order_of_time(out: Path) -> None:
    baseline = read_case(CasePaths(out, "01", "baseline").reading)
    for session in ("month12", "month24"):
        volume, labels = baseline.volume(), baseline.labels()
        write_case(out, "01", session, volume, labels, baseline.reading, "<!doctype html><title>x</title>", {})
    found = other_visits(CasePaths(out, "01", "month12"))
    assert [(visit.session, visit.earlier) for visit in found] == [
        ("baseline", True),
        ("month6", True),
        ("month24", False),
    ]


def test_only_the_label_map_of_the_visit_that_is_shown_is_read_and_once(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = read_case(CasePaths(out, "01", "baseline").reading)
    html = "<!doctype html><title>x</title>"
    write_case(out, "01", "month12", first.volume(), first.labels(), first.reading, html, {})
    room = read("month6")
    loaded: list[str] = []
    load = Case.labels

    def counted(case: Case) -> LabelMap:
        loaded.append(case.session)
        return load(case)

    monkeypatch.setattr(Case, "labels", counted)
    shown = []
    for _ in range(3):
        press("C")
        shown.append((room.side.visit and room.side.visit.session, list(loaded)))
    assert shown == [
        ("baseline", ["baseline"]),
        ("month12", ["baseline", "month12"]),
        (None, ["baseline", "month12"]),
    ]


def test_grades_that_are_not_told_apart_count_as_the_same_on_the_screen_as_in_the_report(
    make_reading: Callable[..., Reading],
) -> None:
    def measured(reading: Reading, *share: float) -> Reading:
        entry = reading.groups[0]
        low, found, high = share
        return reading.with_group(
            replace(entry, evidence=replace(entry.evidence, oedema_fraction=found, fraction_range=(low, high))),
        )

    before = measured(make_reading(lambda _: 2), 0.45, 0.52, 0.60)
    after = measured(make_reading(lambda label: 1 if label < 3 else 2), 0.38, 0.45, 0.52)
    report = {change.label: change for change in compare(before, after).changes}
    assert report[1].marginal
    changes = group_changes(OtherVisit(SimpleNamespace(reading=before), None, earlier=True), after)
    assert changes == report
    assert group_changes(OtherVisit(SimpleNamespace(reading=after), None, earlier=False), before) == report
    marks = [{entry.label: Mark.of_entry(entry) for entry in reading.groups} for reading in (before, after)]
    table = GradesTable(before.scheme)
    table.show_marks(marks[1], 1, others=marks[0], changes=changes)
    sign, words = table.grades.change(1)
    assert sign == "≈"
    assert "not told apart" in words
    # A dashed arrow, for no person gave these grades.
    assert table.grades.change(2) == ("⇣", "less, by a grade that no person gave")
    assert table.grades.change(3)[0] == "="
    given = {label: replace(mark, standing=Standing.GIVEN) for label, mark in marks[0].items()}
    table.show_marks({**marks[1], 2: replace(marks[1][2], standing=Standing.GIVEN)}, 1, others=given, changes=changes)
    assert table.grades.change(2) == ("↓", "less")
    # What a person graded differs if the person says so.
    graded = after.with_group(replace(after.groups[0], source=GradeSource.READER))
    assert not group_changes(OtherVisit(SimpleNamespace(reading=before), None, earlier=True), graded)[1].marginal


def test_grades_of_the_program_are_shown_as_its_own(both: ReadingRoom, press: Callable[..., None]) -> None:
    model = both.docks.overview.table.grades
    press("0")
    earlier, later = model.both(1)
    assert (earlier.standing, later.standing) == (Standing.SUGGESTED, Standing.GIVEN)
    assert "suggested" in model.data(model.index_of(1), Qt.ItemDataRole.ToolTipRole)
    report = compare(both.side.visit.reading, both.session.reading)
    assert dict(model.changes) == {change.label: change for change in report.changes}


def test_the_earlier_visit_stands_on_the_left_of_the_later(both: ReadingRoom, qtbot: object) -> None:
    other, scan = both.side._inner, both.viewer.window._qt_viewer
    qtbot.waitUntil(lambda: abs(other.width() - scan.width()) < 20, timeout=20_000)
    assert other.mapToGlobal(other.rect().center()).x() < scan.mapToGlobal(scan.rect().center()).x()


def test_both_grades_stand_in_one_table(both: ReadingRoom, press: Callable[..., None]) -> None:
    model = both.docks.overview.table.grades
    press("0")
    before = both.side.visit.reading.groups[0].grade
    assert model.data(model.index_of(1)).startswith(f"{before} → 0")


def test_the_registration_links_the_views_when_it_is_there(both: ReadingRoom) -> None:
    class Moved:
        def points(self, points: np.ndarray) -> np.ndarray:
            return points + np.array([0.0, -6.0, 9.0])

    both.side.views.map = Moved()
    both.side.follow()
    difference = np.array(both.side.scene.point) - both.scene.point
    np.testing.assert_allclose(difference, (6.0, -9.0, 0.0), atol=1e-6)


def test_without_a_registration_the_group_links_the_views(both: ReadingRoom, qtbot: object) -> None:
    qtbot.waitUntil(lambda: "stay linked" in both.docks.panel.state.text(), timeout=20_000)
    assert both.side.views.map is None
    both.side.follow()
    np.testing.assert_allclose(both.side.scene.point, both.scene.point, atol=6.0)


@pytest.mark.parametrize("by", ["key", "button"])
def test_it_is_closed_again(both: ReadingRoom, press: Callable[..., None], qtbot: object, by: str) -> None:
    if by == "key":
        press("C")
    else:
        (button,) = (button for button in both.window.findChildren(QPushButton) if button.text() == "Close")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert both.side.visit is None
    assert both.docks.overview.table.grades.others is None
    press("1")
    assert both.session.decisions[1].grade == 1


class Wheel:
    """One step of the wheel."""

    handled = False

    def __init__(self, turned: float, *modifiers: str) -> None:
        self.delta, self.modifiers = (0.0, turned), modifiers


def test_the_wheel_over_the_other_visit_goes_through_its_slices_and_both_stay_linked(both: ReadingRoom) -> None:
    side, here = both.side, both.scene
    before = side.scene.point

    def turn(*how: object) -> None:
        for call in side.scene.viewer.mouse_wheel_callbacks:
            call(side.scene.viewer, Wheel(*how))

    turn(-1.0)
    assert side.scene.point[0] == pytest.approx(before[0] + side.scene.grid.spacing[0])
    np.testing.assert_allclose(here.point, side.scene.point, atol=6.0)
    moved = here.point[0]
    turn(1.0, "Control")
    assert side.scene.viewer.scene.camera.zoom == pytest.approx(both.viewer.scene.camera.zoom)
    assert here.point[0] == pytest.approx(moved)


def test_moving_the_other_visit_moves_this_one_to_the_same_place_of_the_body(both: ReadingRoom) -> None:
    class Moved:
        def points(self, points: np.ndarray) -> np.ndarray:
            return 1.1 * points + np.array([4.0, -6.0, 9.0])

    side, here = both.side, both.scene
    side.views.map = Moved()
    side.follow()
    side.scene.viewer.scene.camera.center = (0.0, 60.0, -12.0)
    across = side.scene.grid.spacing[0]
    there = side.views.map.points(np.array([here.grid.point_mm(here.point)]))[0]
    np.testing.assert_allclose(side.scene.grid.world(there), side.scene.point, atol=across)
    np.testing.assert_allclose(side.scene.grid.world(there)[1:], side.scene.point[1:], atol=0.01)


def test_the_programs_grades_are_those_of_the_report_when_it_grades_a_visit_anew(
    both: ReadingRoom, monkeypatch: pytest.MonkeyPatch, qtbot: object
) -> None:
    side = both.side
    own = side.visit.case.reading
    anew = own.with_group(replace(own.groups[0], grade=0 if own.groups[0].grade else 1))
    monkeypatch.setattr("napari_wbmri.docks.other_visit.against", lambda *_: anew)
    side.toggle(both.session, both.docks)
    side.toggle(both.session, both.docks)
    qtbot.waitUntil(lambda: side.visit.reading is anew, timeout=20_000)
    assert both.docks.overview.table.grades.both(1)[0].grade == anew.groups[0].grade


def test_what_was_measured_at_the_other_visit_stands_beside(
    both: ReadingRoom, press: Callable[..., None], qtbot: object
) -> None:
    evidence = both.docks.panel.evidence
    both.choose(6)
    qtbot.waitUntil(lambda: evidence.histogram.other is not None, timeout=20_000)
    entry = both.side.visit.reading.groups[5]
    assert evidence.other_visit.isVisible()
    assert evidence.other_visit.text().startswith("Visit baseline (dotted): ")
    assert f"{100 * entry.evidence.oedema_fraction:.0f} % oedema" in evidence.other_visit.text()
    other = both.side.visit
    level = other.case.reading.reference.level
    inside = other.case.labels().data == 6
    bright = np.count_nonzero(other.case.volume().data[inside] > 1.8 * level)
    assert np.count_nonzero(evidence.histogram.other) > 1
    assert evidence.histogram.other[36:].sum() == pytest.approx(bright, abs=0.1 * inside.sum())
    press("C")
    assert not evidence.other_visit.isVisible()
    assert evidence.histogram.other is None


@pytest.mark.usefixtures("no_registration")
def test_the_scan_fills_its_view_again_where_the_reader_is_when_it_stands_alone(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read("month6")
    room.choose(6)
    camera = room.viewer.scene.camera
    zoom, width = camera.zoom, room.viewer.canvas.size[1]
    for keys in ("C", "Q", "QC"):
        press(*keys)
        qtbot.wait(100)
        assert camera.zoom < zoom
        room.scene.step(2)
        point = room.scene.point
        press(*keys)
        qtbot.waitUntil(lambda: abs(room.viewer.canvas.size[1] - width) < 3, timeout=5_000)
        qtbot.wait(50)
        assert camera.zoom == pytest.approx(zoom, rel=0.02)
        assert room.scene.point == pytest.approx(point)
        room.scene.step(-2)
