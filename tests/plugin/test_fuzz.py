"""Random keys, clicks, drags and resizes: no exception, no grade before its picture, nothing shown that is hidden."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from napari_wbmri.app import App
from napari_wbmri.room import ReadingRoom

from wbmri.review import Mode


@pytest.fixture
def fuzz() -> ModuleType:
    """The program that does the same for longer."""
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz_room.py"
    spec = spec_from_file_location("fuzz_room", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_goes_wrong_whatever_is_pressed(room: ReadingRoom, fuzz: ModuleType, tmp_path: Path) -> None:
    fuzz.write_cases(tmp_path / "OUT")
    app = App.of(room.viewer)
    monkey = fuzz.Monkey(app, tmp_path / "OUT", 7)
    size = room.window.size()
    fuzz.run(monkey, 45, 15)
    room.window.resize(size)
    app.docked_worklist().show_folder(tmp_path / "OUT", "ANNA", Mode.ASSISTED)
    assert not monkey.faults
    assert sum(monkey.done.values()) >= 45
