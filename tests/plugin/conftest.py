"""A reading room in a real window, and a small case that was really graded."""

import atexit
import gc
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wbmri.case import CasePaths, write_case
from wbmri.core import Acquisition, LabelMap, Step, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading import grade

if TYPE_CHECKING:
    from napari import Viewer
    from napari_wbmri.room import ReadingRoom

os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
# Mesa draws with the processor here; its own threads would only get in the way of the other tests.
os.environ.setdefault("LP_NUM_THREADS", "0")


def _without_screen() -> str | None:
    """Say why windows cannot be opened here; without a display Qt would end the interpreter."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY") and shutil.which("Xvfb") is None:
        return "there is no display, and no Xvfb to make one"
    try:
        import pytestqt  # noqa: F401
        import pyvirtualdisplay  # noqa: F401

        # napari warns when it is imported; what it warns of is not ours to mend.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import napari.qt  # noqa: F401
            import napari_wbmri.docks.worklist  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    return None


WITHOUT_SCREEN = _without_screen()
collect_ignore_glob = ["test_*.py"] if WITHOUT_SCREEN else []


def pytest_report_header() -> str | None:
    """Say if the reading room is left out."""
    return f"tests/plugin left out: {WITHOUT_SCREEN}" if WITHOUT_SCREEN else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let napari and Qt warn about themselves: their own uses of what they deprecate are not ours to mend."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(autouse=True)
def _not_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what only a loss of power would show, for the disk is slow."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(scope="session", autouse=True)
def _display() -> None:
    """Open windows on a screen of their own, of the size of a small laptop, until the interpreter ends."""
    if sys.platform.startswith("linux") and shutil.which("Xvfb") is not None:
        from pyvirtualdisplay.display import Display

        display = Display(backend="xvfb", size=(1366, 768), color_depth=24).start()
        # Later than Qt, which would not survive the loss of its screen.
        atexit.register(display.stop)


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the settings of napari and the keys of whoever runs the tests out of them."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "keys.toml").write_text("[keys]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAPARI_CONFIG", str(folder / "napari.yaml"))
        patch.setenv("WBMRI_KEYS", str(folder / "keys.toml"))
        yield


def body(scheme: Scheme, bright: int = 3) -> tuple[Volume, LabelMap]:
    """A body of blocks, one a group, left and right of the midline; every third group is bright in part."""
    affine = np.array([[-3.0, 0.0, 0.0, 60.0], [0.0, 6.0, 0.0, -30.0], [0.0, 0.0, 3.0, -150.0], [0, 0, 0, 1.0]])
    rng = np.random.default_rng(4)
    data = rng.normal(4.0, 1.0, (40, 10, 100)).clip(0.0)
    labels = np.zeros(data.shape, np.uint8)
    for group in scheme.groups:
        row, column = divmod((group.label - 1) // 2, 3)
        low = 3 + 5 * column
        across = slice(low, low + 5) if group.side == "right" else slice(40 - low - 5, 40 - low)
        place = (across, slice(2, 8), slice(2 + 14 * row, 14 + 14 * row))
        labels[place] = group.label
        level = np.full((5, 6, 12), 100.0)
        if group.label % bright == 0:
            level[:, :, : 4 if group.label % 2 else 10] = 230.0
        data[place] = level + rng.normal(0.0, 6.0, level.shape)
    acquisition = Acquisition("STIR", 1.5, 60.0, 150.0, 4000.0)
    volume = Volume(data, affine, acquisition, (Step("load", {"inputs": []}),))
    confidence = {group.label: 0.5 + group.label / 100 for group in scheme.groups}
    return volume, LabelMap(labels, affine, scheme, "blocks", confidence, provenance=volume.provenance)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, scheme: Scheme) -> Path:
    """Two visits of one person and one of another, scored; to be copied, not changed."""
    out = tmp_path_factory.mktemp("scored") / "OUT"
    for participant, session, bright in (("01", "baseline", 1), ("01", "month6", 3), ("02", "baseline", 2)):
        volume, labels = body(scheme, bright)
        html = "<!doctype html><title>report</title>"
        write_case(out, participant, session, volume, labels, grade(volume, labels), html, {})
    return out


@pytest.fixture
def out(tmp_path: Path, dataset: Path) -> Path:
    """A copy of the dataset to work on."""
    return Path(shutil.copytree(dataset, tmp_path / "OUT"))


@pytest.fixture(scope="session")
def _viewer(_display: None, _own_settings: None, qapp: Any) -> Iterator["Viewer"]:
    """One window for all tests of a file's process: opening one takes seconds."""
    from napari import Viewer
    from napari_wbmri.app import App

    viewer = Viewer(show=False)
    App.of(viewer)
    # As `launch` does: napari collects garbage whenever a layer goes.
    gc.collect()
    gc.freeze()
    viewer.window._qt_window.resize(1366, 768)
    viewer.window._qt_window.show()
    yield viewer
    viewer.close()


@pytest.fixture
def no_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to register visits: blocks are no body that could be, and the registration has its own tests."""
    from wbmri.core import InputError

    def refuse(*_: object) -> None:
        raise InputError("blocks", "a body", "scan a person")

    monkeypatch.setattr("wbmri.registration.register_visits", refuse)


@pytest.fixture
def room(_viewer: "Viewer") -> Iterator["ReadingRoom"]:
    """The reading room, with no case open, its view and the mode of its list as at the start."""
    from napari_wbmri.app import App
    from napari_wbmri.viewer import Contours

    from wbmri.review import Mode

    room = App.of(_viewer).room
    yield room
    room.close()
    room.show_planes(wanted=False)
    commands, worklist = App.of(_viewer).commands, App.of(_viewer).worklist
    if worklist is not None:
        worklist.mode.setCurrentIndex(worklist.mode.findData(Mode.ASSISTED))
    if commands is not None:
        commands.advancing = True
    room.scene.contours, room.scene.plane, room.scene.preset = Contours.ALL, "coronal", 0


@pytest.fixture
def read(room: "ReadingRoom", out: Path, qtbot: Any) -> Callable[..., "ReadingRoom"]:
    """Open a visit in the reading room, by default the baseline as ANNA; grades stay on their group unless asked."""
    from napari_wbmri.app import App

    from wbmri.review import open_review

    def read(session: str = "baseline", reader: str = "ANNA", *, advancing: bool = False, **how: Any) -> "ReadingRoom":
        room.open(open_review(CasePaths(out, "01", session), reader, **how))
        App.of(room.viewer).commands.advancing = advancing
        qtbot.waitUntil(lambda: room.prepared, timeout=20_000)
        qtbot.wait(50)
        return room

    return read


@pytest.fixture
def press(room: "ReadingRoom", qtbot: Any) -> Callable[..., None]:
    """Press keys over the picture, as a reader does."""
    from qtpy.QtCore import Qt

    def press(*keys: str) -> None:
        canvas = room.viewer.window._qt_viewer.canvas.native
        for name in keys:
            *held, last = name.split("+")
            modifiers = Qt.KeyboardModifier.NoModifier
            for modifier in held:
                modifiers |= {"Shift": Qt.KeyboardModifier.ShiftModifier, "Ctrl": Qt.KeyboardModifier.ControlModifier}[
                    modifier
                ]
            # As people do, who see what they grade.
            qtbot.waitUntil(lambda: room.seen, timeout=20_000)
            if last == "?":
                qtbot.keyClick(canvas, "?", Qt.KeyboardModifier.ShiftModifier)
            else:
                qtbot.keyClick(canvas, getattr(Qt.Key, f"Key_{last}"), modifiers)

    return press
