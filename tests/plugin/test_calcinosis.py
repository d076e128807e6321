"""Calcinosis marked on the picture by a key, and followed from the visit before."""

from collections.abc import Callable
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.docks import ThreePlanes
from napari_wbmri.room import ReadingRoom

from wbmri.case import CasePaths
from wbmri.core import DepositCourse
from wbmri.review import Mode, open_review

pytestmark = pytest.mark.usefixtures("no_registration")


def test_deposits_are_marked_by_a_key_and_followed_from_the_visit_before(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
    qtbot: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = read("baseline")
    marker = App.of(room.viewer).commands.calcinosis
    for label in (9, 30):
        place = room.scene.middle(label)
        monkeypatch.setattr(ThreePlanes, "pointed", place)
        room.choose(label)
        if label == 9:
            press("Shift+C")
            ring = room.picture.marks.shown[0]
            assert ring.words == "1"
            assert ring.at == pytest.approx(room.scene.pixel(place), abs=6.0)
            press("Q")
            qtbot.wait(50)
            assert all(other.marks.shown for other in room.picture.others[-2:])
            room.scene.step(4)
            assert not room.picture.marks.shown
        else:
            # Once there is one, it is asked which is meant.
            choices = marker.choices(room.session, place)
            assert [choice.words for choice in choices] == ["Calcinosis"]
            marker._act(choices[0].action)
    press("Q")
    for label in range(1, 43):
        room.session.grade(label, 0)
    room.session.sign(room.session.signoff_issues())

    room = read("month6")
    assert not room.picture.marks.shown
    press("C")
    room.choose(9)
    assert [(mark.words, mark.faint) for mark in room.picture.marks.shown] == [("1 ?", True), ("2 ?", True)]
    assert [mark.words for mark in room.side.picture.marks.shown] == ["1", "2"]
    words = {choice.words: choice for choice in marker.choices(room.session, room.scene.middle(9))}
    name = room.session.case.reading.scheme.group(9).name
    assert list(words)[:3] == ["New calcinosis", f"No. 1, {name}: unchanged", f"No. 1, {name}: larger"]
    marker._act(words[f"No. 1, {name}: larger"].action)
    marker._act(words["New calcinosis"].action)
    deposits = room.session.soft_tissue.calcinosis.deposits
    assert [(one.number, one.course) for one in deposits] == [(1, DepositCourse.LARGER), (3, DepositCourse.NEW)]
    assert room.picture.marks.shown[0].words == "1 ↑"
    again = [choice.words for choice in marker.choices(room.session, room.scene.middle(9))]
    assert "Take no. 1 away" in again
    room.close()

    # Who reads blinded learns nothing of the visit before.
    blinded = open_review(CasePaths(out, "01", "month6"), "BERT", Mode.BLINDED)
    assert not marker.earlier(blinded)
    blinded.close()


def test_saying_that_there_is_none_takes_the_markers_away(read: Callable[..., ReadingRoom]) -> None:
    room = read()
    room.session.mark_deposit(room.scene.grid.point_mm(room.scene.middle(9)))
    room.show_all()
    panel = room.docks.panel.soft_tissue
    panel.places.setText("left elbow")
    panel.places.editingFinished.emit()
    assert len(room.session.soft_tissue.calcinosis.deposits) == 1
    panel.present.setCurrentIndex(1)
    panel.present.activated.emit(1)
    assert room.session.soft_tissue.calcinosis.present is False
    assert not room.session.soft_tissue.calcinosis.deposits
    assert not room.picture.marks.shown
