"""Scoring in the background: progress, the case in the worklist, and cancelling."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.docks import ScoringDock
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt, QThread

from wbmri.case import CasePaths
from wbmri.core import InputError


@pytest.fixture
def dock(room: ReadingRoom) -> ScoringDock:
    return App.of(room.viewer).docked_scoring()


def test_progress_is_shown_and_the_case_appears_in_the_worklist(dock: ScoringDock, out: Path, qtbot: object) -> None:
    said = []

    def job(progress: Callable[[float, str], None]) -> object:
        progress(0.4, "placing the body")
        return CasePaths(out, "01", "baseline")

    with qtbot.waitSignal(dock.scored, timeout=20_000):
        dock.run(job)
        dock.work.progressed.connect(lambda share, doing: said.append((share, doing)))
        assert dock.stop.isEnabled()
        assert not dock.start.isEnabled()
    assert "sub-01_ses-baseline" in dock.doing.text()
    assert dock.start.isEnabled()


def test_it_can_be_cancelled_and_writes_nothing(dock: ScoringDock, tmp_path: Path, qtbot: object) -> None:
    written = tmp_path / "case"

    def job(progress: Callable[[float, str], None]) -> object:
        while True:
            progress(0.1, "placing the body")
            time.sleep(0.01)
        written.write_text("x")

    dock.run(job)
    dock.cancel()
    qtbot.waitUntil(lambda: dock.work is None, timeout=20_000)
    assert "Cancelled" in dock.doing.text()
    assert not written.exists()


def test_cancelling_never_waits_for_a_job_that_holds_the_lock_of_its_thread(dock: ScoringDock, qtbot: object) -> None:
    """A job that waits in its own thread makes Qt warn, in Python and under the thread's lock, again and again."""

    def job(progress: Callable[[float, str], None]) -> object:
        while True:
            progress(0.1, "placing the body")
            for _ in range(100):
                QThread.currentThread().wait(1)

    for _ in range(10):
        dock.run(job)
        qtbot.wait(10)
        dock.cancel()
        qtbot.waitUntil(lambda: dock.work is None, timeout=20_000)


def test_the_sample_can_be_scored_again_after_it_was_cancelled(
    dock: ScoringDock,
    tmp_path: Path,
    qtbot: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = []

    def slow(
        images: object, out: Path, options: object, *, session: str, progress: Callable[[float, str], None], **_: object
    ) -> None:
        begun.append(session)
        while True:
            progress(0.1, "placing the body")
            time.sleep(0.01)

    monkeypatch.setattr("wbmri.pipeline.score_visit", slow)
    dock.score_sample(tmp_path / "sample")
    for times in (1, 2):
        qtbot.waitUntil(lambda times=times: len(begun) == times, timeout=20_000)
        qtbot.mouseClick(dock.stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: dock.work is None, timeout=20_000)
        assert "Cancelled" in dock.doing.text()
        if times == 1:
            qtbot.mouseClick(dock.start, Qt.MouseButton.LeftButton)
    assert begun == ["baseline", "baseline"]


def test_what_is_wrong_with_the_input_is_said(dock: ScoringDock, qtbot: object) -> None:
    def job(progress: Callable[[float, str], None]) -> object:
        raise InputError("a T1 series", "a STIR series", "choose another folder")

    dock.run(job)
    qtbot.waitUntil(lambda: dock.work is None, timeout=20_000)
    assert "a T1 series; expected a STIR series" in dock.doing.text()


def test_without_a_scan_or_a_folder_it_asks_for_them(dock: ScoringDock, qtbot: object) -> None:
    dock.offer([])
    qtbot.mouseClick(dock.start, Qt.MouseButton.LeftButton)
    assert dock.work is None
    assert "Choose a scan" in dock.doing.text()


def test_the_form_offers_the_options_of_the_command(dock: ScoringDock) -> None:
    form = dock.options
    form.labels.setText("one.nii.gz, two.nii.gz")
    form.mapping.setText("musclemap")
    form.fusion.setCurrentText("staple")
    form.series.setText("3, 4")
    form.post_contrast.setChecked(True)
    options = form.chosen("auto")
    assert (options.engine, options.labels) == ("labels", ("one.nii.gz", "two.nii.gz"))
    assert (options.mapping, options.fusion) == (("musclemap",), "staple")
    assert options.series == ("3", "4")
    assert options.post_contrast


def test_an_option_that_is_unusable_is_said_before_any_work(dock: ScoringDock, tmp_path: Path, qtbot: object) -> None:
    dock.offer(["scan.nii.gz"], tmp_path)
    dock.options.scheme.setText("none")
    qtbot.mouseClick(dock.start, Qt.MouseButton.LeftButton)
    assert dock.work is None
    assert "the scheme 'none'" in dock.doing.text()
