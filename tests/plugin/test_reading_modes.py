"""Sign-off, the second reader, adjudication and an addendum, as one goes through them in the window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.room import ReadingRoom

from wbmri.case import CasePaths, read_case, signed_readings
from wbmri.core import Status
from wbmri.review import Mode, open_review


def read_and_sign(out: Path, reader: str, grade_of: Callable[[int], int], mode: Mode = Mode.ASSISTED) -> None:
    from wbmri.pipeline import sign

    session = open_review(CasePaths(out, "01", "baseline"), reader, mode)
    for view in session.groups():
        if view.to_read:
            session.grade(view.group.label, grade_of(view.group.label))
    sign(session, accepting=session.signoff_issues())
    session.close()


def test_signing_shows_what_is_unread_and_locks_when_all_is_read(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
    qtbot: object,
) -> None:
    room = read()
    press("1")
    signing = App.of(room.viewer).commands.signing
    dialog = signing.dialog(room.session)
    qtbot.addWidget(dialog)
    assert not dialog.sign.isEnabled()
    assert dialog.list.count() >= 41
    dialog.list.setCurrentRow(0)
    dialog.go.click()
    assert room.session.current != 1
    for label in range(2, 43):
        room.session.accept(label)
    signing.stop()
    dialog = signing.dialog(room.session)
    qtbot.addWidget(dialog)
    assert not dialog.blocking
    if dialog.issues:
        assert not dialog.sign.isEnabled()
        dialog.seen.setChecked(True)
    dialog.sign.click()
    assert room.session.signed
    assert "locked" in room.docks.panel.saved.text()
    assert not room.docks.panel.buttons.grades[0].isEnabled()
    case = CasePaths(out, "01", "baseline")
    (signed,) = signed_readings(case)
    assert signed.reading.status is Status.SIGNED
    assert read_case(case.reading).reading.reader == "auto"
    press("2")
    assert room.session.decisions[1].grade == 1


def test_a_table_that_cannot_be_written_is_said_and_the_reading_is_signed_all_the_same(
    read: Callable[..., ReadingRoom],
    out: Path,
    qtbot: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = read()
    for label in range(1, 43):
        room.session.accept(label)
    dialog = App.of(room.viewer).commands.signing.dialog(room.session)
    qtbot.addWidget(dialog)
    dialog.seen.setChecked(True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wbmri.pipeline.sign_off.rebuild_tables", full)
    dialog.sign.click()
    assert room.session.signed
    assert "No space left" in room.docks.panel.state.text()
    assert len(signed_readings(CasePaths(out, "01", "baseline"))) == 1


@pytest.mark.parametrize("mode", [Mode.SECOND, Mode.BLINDED])
def test_the_second_reader_does_not_see_the_first(read: Callable[..., ReadingRoom], out: Path, mode: Mode) -> None:
    read_and_sign(out, "ANNA", lambda _: 2)
    room = read(reader="BERT", mode=mode)
    assert not room.docks.panel.evidence.others.isVisible()
    assert "ANNA" not in room.docks.panel.evidence.others.text()


def test_adjudication_asks_only_for_what_two_readers_differ_in(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
) -> None:
    read_and_sign(out, "ANNA", lambda label: 1)
    read_and_sign(out, "BERT", lambda label: 2 if label in (7, 20) else 1, Mode.SECOND)
    room = read(reader="CHEF", mode=Mode.ADJUDICATION)
    assert room.session.totals.read == 40
    press("Tab")
    assert "agree" in room.docks.panel.evidence.decision.text()
    assert not room.docks.panel.buttons.grades[0].isEnabled()
    assert "Next unread" in room.docks.panel.buttons.accept.text()
    press("N")
    assert room.session.current in (7, 20)
    assert "ANNA" in room.docks.panel.evidence.others.text()
    assert "grade\u00a02" in room.docks.panel.evidence.others.text()
    press("2", "N", "1")
    assert room.session.totals.read == 42


def test_an_addendum_leaves_the_signed_reading_as_it_is(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
) -> None:
    read_and_sign(out, "ANNA", lambda _: 1)
    case = CasePaths(out, "01", "baseline")
    before = signed_readings(case)[0].paths.reading.read_bytes()
    room = read(addendum=True)
    press("2")
    assert room.session.decisions[room.session.current].grade == 2
    assert signed_readings(case)[0].paths.reading.read_bytes() == before
