"""Every reader gives an answer or an error of ours for damaged and hostile input; `benchmarks/fuzz.py` runs it long."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

INPUTS = 40
FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
KINDS = (
    *("nifti", "nrrd", "metaimage", "sidecar", "dicom", "clinical table", "ratings table", "cohort table"),
    *("scheme", "reading", "history", "correction", "manifest"),
)


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", FUZZ)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_has_a_good_file_that_is_read(fuzz: ModuleType, tmp_path: Path) -> None:
    good, known = fuzz.seeds(), fuzz.readers()
    assert tuple(good) == tuple(known) == KINDS
    for kind, (name, content) in good.items():
        (tmp_path / kind).mkdir()
        path = tmp_path / kind / name
        path.write_bytes(content)
        known[kind][1](path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_reads_or_refuses(fuzz: ModuleType, tmp_path: Path, kind: str) -> None:
    good, known = fuzz.seeds(), fuzz.readers()
    said = {number: fuzz.attempt(kind, number, tmp_path, good, known) for number in range(INPUTS)}
    assert {number: outcome for number, outcome in said.items() if outcome not in ("read", "refused")} == {}
