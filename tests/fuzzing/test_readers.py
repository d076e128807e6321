"""Every reader gives an answer or an error of ours for damaged and hostile input; `benchmarks/fuzz.py` runs it long."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

INPUTS, INPUTS_IN_A_PROCESS = 40, 8
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TEXTS = (
    *("sidecar", "clinical table", "ratings table", "cohort table", "participants", "columns", "sessions", "marks"),
    *("scheme", "mapping", "controls", "detectable change", "reading", "history", "manifest"),
)
IMAGES = ("nifti", "nrrd", "metaimage", "dicom", "dicom, deflated", "label map", "correction")
COMPRESSED = ("dicom, RLE", "dicom, JPEG", "dicom, JPEG-LS", "dicom, JPEG 2000")
OBJECTS = ("segmentation", "report")
KINDS = (*TEXTS, *IMAGES, *COMPRESSED, *OBJECTS)


@pytest.fixture(scope="module")
def fuzz() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import fuzz

        yield fuzz


@pytest.mark.parametrize("name", KINDS)
def test_the_good_file_is_read_and_damaged_ones_are_read_or_refused(
    fuzz: ModuleType, tmp_path: Path, name: str
) -> None:
    if name in OBJECTS:
        pytest.importorskip("highdicom")
    kind = fuzz.kinds()[name]
    good = kind.good()
    (tmp_path / kind.name).write_bytes(good)
    kind.read(tmp_path / kind.name)
    # Some of these end the decoder, which is begun again.
    count = INPUTS_IN_A_PROCESS if name in COMPRESSED else INPUTS
    said = {number: fuzz.attempt(name, kind, good, number, tmp_path) for number in range(count)}
    assert {number: outcome for number, outcome in said.items() if outcome not in ("read", "refused")} == {}


def test_what_was_found_before_is_read_or_refused_within_the_limits(fuzz: ModuleType) -> None:
    outcomes, faults = fuzz.run("corpus", 0, len(fuzz.corpus()))
    assert {str(fuzz.corpus()[number]): fault for fault, number in faults.items()} == {}
    # Fields that say nothing of the voxels, and names that nobody opens, may be as long as they like.
    assert outcomes == {"read": 7, "refused": len(fuzz.corpus()) - 7}


def test_every_kind_is_tried(fuzz: ModuleType) -> None:
    assert sorted(fuzz.kinds()) == sorted(KINDS)
