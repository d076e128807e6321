"""Files that the first version wrote still open, and what it kept in the provenance has become typed fields."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbmri.analysis.agreement import read_ratings
from wbmri.case import SCHEMA_VERSION, HistoryEntry, ReadingDocument, decode, encode
from wbmri.core import Acquisition, CaseError, LabelMap, Reading, Reason, ReviewRecord, Volume
from wbmri.core.scheme import BodySegment, Scheme, load_scheme
from wbmri.grading import Regrader
from wbmri.review import Entry

VERSION_1 = Path(__file__).parent / "version_1"
"""What `write_case` and `wbmri.review` of version 0.1.0 wrote of two small cases, white space left out."""

MEASURED = VERSION_1 / "sub-site_ses-2_desc-oedema_reading.json"

AUTO = VERSION_1 / "sub-whole_ses-1_desc-oedema_reading.json"


def signed(reader: str, run: int = 1) -> Path:
    return VERSION_1 / f"sub-site_ses-1_run-{run}_desc-{reader}_reading.json"


def opened(path: Path) -> Reading:
    return decode(ReadingDocument, path.read_bytes(), path).reading


def scanned(scheme: Scheme) -> tuple[Volume, LabelMap]:
    """Draw the scan that visit 2 of ``site`` was graded on: oedema in one of four muscles, ghosts beside two."""
    shape, spacing = (44, 9, 80), np.array([5.0, 8.0, 4.0])
    steps = [(np.arange(n) - (n - 1) / 2) * mm for n, mm in zip(shape, spacing, strict=True)]
    x, y, z = np.meshgrid(*steps, indexing="ij")
    labels = np.zeros(shape, np.uint8)
    for label, (cx, cz) in enumerate(((-22, 60), (22, 60), (-22, -60), (22, -60)), start=1):
        labels[((x - cx) / 20) ** 2 + (y / 30) ** 2 + ((z - cz) / 50) ** 2 < 1] = label
    image = np.where((np.abs(x) < 50) & (np.abs(y) < 34), 25.0, 2.0)
    image[labels > 0] = 100.0
    image[(labels == 2) & (z > 60)] = 190.0
    image[(np.abs(x) > 50) & (z < -20)] += 40.0
    image = image * np.exp(0.15 * np.sin(z / 90)) + 5 * np.random.default_rng(5).standard_normal(shape)
    affine = np.diag([*spacing, 1.0])
    acquisition = Acquisition(sequence="STIR", field_strength_t=1.5, echo_time_ms=60.0, inversion_time_ms=160.0)
    return (
        Volume(np.abs(image), affine, acquisition),
        LabelMap(labels, affine, scheme, "drawn", dict.fromkeys(range(1, 5), 1.0)),
    )


def changed(path: Path, **change: Any) -> bytes:
    return json.dumps(json.loads(path.read_bytes()) | change).encode()


def test_the_programs_reading_keeps_everything_and_knows_the_parts_of_the_body() -> None:
    before = json.loads(AUTO.read_bytes())
    assert before["schema_version"] == 1
    assert "segment" not in before["reading"]["scheme"]["pairs"][0]
    reading = opened(AUTO)
    assert reading.scheme == load_scheme("jdm42")
    assert reading.scheme.pairs[0].segment is BodySegment.NECK
    assert reading.review is None
    assert [entry.grade for entry in reading.groups] == [entry["grade"] for entry in before["reading"]["groups"]]
    assert [step.name for step in reading.provenance] == ["load", "segment", "grade"]


def test_a_signed_reading_gets_its_review() -> None:
    reading = opened(signed("anna"))
    assert reading.review == ReviewRecord(
        "blinded",
        "anna",
        notes={"deltoid_right": "a coil lies on it"},
        seed=json.loads(signed("anna").read_bytes())["reading"]["provenance"][-1]["parameters"]["seed"],
    )
    ben = opened(signed("ben")).review
    assert ben is not None
    assert (ben.mode, ben.accepted, len(ben.suggestion_seen), ben.seed) == ("assisted", ("deltoid_left",), 4, None)


def test_a_group_of_a_scored_visit_is_measured_anew_as_the_first_version_did() -> None:
    reading = opened(MEASURED)
    assert reading.intensity_model is not None
    assert {artefact.reason for artefact in reading.intensity_model.artefacts.values()} == {Reason.MOTION}
    volume, labels = scanned(reading.scheme)
    regrader = Regrader(volume, labels, reading)
    wet, spoilt = (regrader.regrade(labels.data, label) for label in (2, 3))
    assert wet.evidence is not None
    assert (wet.grade, wet.evidence.voxels) == (1, 788)
    # What the first version measured again by the same file.
    assert wet.evidence.oedema_fraction == pytest.approx(0.4998779296875, rel=1e-9)
    assert wet.evidence.oedema_ratio == pytest.approx(1.8960257785081982, rel=1e-9)
    assert wet.evidence.median_ratio == pytest.approx(1.3946020407724973, rel=1e-9)
    assert (spoilt.reason, spoilt.explanation) == (Reason.MOTION, reading.groups[2].explanation)


def test_a_reading_whose_grades_came_from_elsewhere_has_no_intensity_model() -> None:
    assert opened(AUTO).intensity_model is None


def test_an_addendum_gets_its_own_review_and_an_adjudication_its_readers() -> None:
    addendum, consensus = opened(signed("anna", 2)).review, opened(signed("consensus")).review
    assert addendum is not None
    assert (addendum.run, addendum.mode, addendum.accepted) == (2, "assisted", ("thigh_anterior_left",))
    assert addendum.notes == {"deltoid_right": "a coil lies on it"}
    assert consensus is not None
    assert (consensus.who, consensus.between) == ("cleo", ("anna", "ben"))


def test_readings_of_the_first_version_are_compared_as_they_were() -> None:
    ratings = read_ratings([signed("anna"), signed("ben"), signed("anna", 2), signed("consensus")])
    assert ratings.readers == ("anna", "ben")
    assert [note for note in ratings.notes if "ben had seen" in note and "4 of 4" in note]
    assert any("1 addendum" in note for note in ratings.notes)


def test_every_line_of_a_history_opens_unchanged() -> None:
    journal = VERSION_1 / "sub-site_ses-1_run-1_desc-anna_history.jsonl"
    entries = [decode(Entry, line, journal) for line in journal.read_bytes().splitlines()]
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert [str(entry.action) for entry in entries][-3:] == ["undone", "redone", "signed"]
    history = VERSION_1 / "sub-site_ses-1_desc-oedema_history.jsonl"
    lines = [decode(HistoryEntry, line, history) for line in history.read_bytes().splitlines()]
    assert [line.action for line in lines] == ["scored", "signed", "signed", "signed", "signed"]


@pytest.mark.parametrize("path", [AUTO, signed("anna"), signed("consensus")], ids=lambda path: path.name)
def test_what_is_written_again_is_of_this_version_and_says_the_same(path: Path) -> None:
    document = decode(ReadingDocument, path.read_bytes(), path)
    assert document.schema_version == SCHEMA_VERSION
    assert decode(ReadingDocument, encode(document), path) == document


@pytest.mark.parametrize("version", [0, -1, SCHEMA_VERSION + 1, 10**30, True, "1", None])
def test_no_other_version_is_opened(version: object) -> None:
    with pytest.raises(CaseError, match="schema_version"):
        decode(ReadingDocument, changed(AUTO, schema_version=version), AUTO)


@pytest.mark.parametrize(
    "reading",
    [None, [], {"groups": []}, {"groups": [], "provenance": [{"name": "review"}, 3], "scheme": {"pairs": [1]}}],
)
def test_damage_in_a_file_of_the_first_version_is_said(reading: object) -> None:
    with pytest.raises(CaseError, match="reading"):
        decode(ReadingDocument, changed(AUTO, reading=reading), AUTO)


def test_a_review_that_is_damaged_is_refused() -> None:
    raw = json.loads(signed("anna").read_bytes())
    raw["reading"]["provenance"][-1]["parameters"]["run"] = "first"
    with pytest.raises(CaseError, match=r"reading\.review\.run"):
        decode(ReadingDocument, json.dumps(raw).encode(), AUTO)
