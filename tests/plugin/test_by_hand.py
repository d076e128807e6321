"""Three readers in a real window, by the keys and the mouse of an X server: what is on disk when they have signed."""

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from napari_wbmri.app import App
from napari_wbmri.room import ReadingRoom

from wbmri.case import CasePaths, read_case, signed_of_record, signed_readings

pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool, which types, is not installed")


@pytest.fixture(scope="module")
def story() -> ModuleType:
    """The program that takes the pictures of the documentation: the tests go through the same scenes."""
    path = Path(__file__).parents[2] / "tools" / "photograph_reading_room.py"
    spec = spec_from_file_location("photograph_reading_room", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("no_registration")
def test_a_pair_is_read_corrected_compared_read_again_blinded_and_adjudicated(
    room: ReadingRoom,
    out: Path,
    story: ModuleType,
) -> None:
    worklist = App.of(room.viewer).docked_worklist()
    worklist.show_folder(out)
    worklist.come_forward()
    case, seen = CasePaths(out, "01", "month6"), []
    for scene in story.Story(App.of(room.viewer), story.Hands(room.window)).scenes():
        seen.append(scene)
        match scene:
            case "reading-room":
                assert sorted(room.session.decisions) == list(range(1, 31))
                voxels = np.count_nonzero(room.session.labels == 32)
            case "correcting":
                assert room.docks.tools.isVisible()
                assert np.count_nonzero(room.session.labels == 32) > voxels
            case "side-by-side":
                assert room.side.visit.session == "baseline"
                totals = room.session.totals
                assert totals.read == 42
                assert totals.given.total == totals.with_suggestions.total
                assert room.docks.panel.totals.total.text().startswith(f"{totals.given.total}<")
            case "blinded list":
                assert room.session is None
                assert not any("month6" in row.title for row in worklist.rows.rows)
            case "blinded":
                assert room.docks.panel.evidence.histogram.counts is None
                # The first reading was all by keys; of the second, half will do.
                (first,) = signed_readings(case)
                for entry in first.reading.groups[22:]:
                    room.session.grade(entry.label, 2 - entry.grade if entry.label == 32 else entry.grade)
            case "adjudication":
                assert room.session.totals.read == 40
                assert room.session.current in (15, 32)
    assert seen == [
        *("worklist", "reading-room", "correcting", "side-by-side", "signing", "signed"),
        *("blinded list", "blinded", "signing blinded", "adjudication", "signing consensus", "consensus"),
    ]
    readings = {signed.paths.reader: signed for signed in signed_readings(case)}
    assert set(readings) == {"ANNA", "BERT", "consensus"}
    assert signed_of_record(read_case(case.reading)).paths.reader == "consensus"
