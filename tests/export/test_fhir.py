"""A reading as a FHIR bundle: valid by the schema of R4, complete, and as sure as the reading."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wbmri
from wbmri.case import Case
from wbmri.core import Candidate, Grid, Reading
from wbmri.pipeline import export_case


def bundle(case: Case, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Return the resources of a case's bundle, after the schema has accepted it and every reference leads somewhere."""
    path = export_case(case.paths.folder, out, to=["fhir"], **options).files[0]
    found = json.loads(path.read_text("utf-8"))
    checked = pytest.importorskip("fhir.resources.R4B.bundle").Bundle.model_validate(found)
    assert len(checked.entry) == len(found["entry"])
    addresses = {one["fullUrl"] for one in found["entry"]}
    assert len(addresses) == len(found["entry"])
    referred = set(_references(found))
    assert referred <= addresses
    return [one["resource"] for one in found["entry"]]


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [one for each in value for one in _references(each)]
    if not isinstance(value, dict):
        return []
    here = [value["reference"]] if "reference" in value else []
    return here + [one for each in value.values() for one in _references(each)]


def of_kind(resources: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in resources if one["resourceType"] == kind]


def test_every_group_has_its_grade(coronal: Grid, make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(tmp_path / "OUT", coronal)
    resources = bundle(case, tmp_path / "fhir")
    observations = of_kind(resources, "Observation")
    assert len(observations) == 43
    grades = {
        one["bodySite"]["text"]: one.get("valueInteger", one.get("dataAbsentReason", {}).get("text"))
        for one in observations
        if "bodySite" in one
    }
    for group, entry in case.reading.by_group():
        expected = entry.grade if entry.grade is not None else "not assessable: outside the field of view"
        assert grades[group.name] == expected
    (total,) = (one for one in observations if "hasMember" in one)
    assert total["valueInteger"] == case.reading.score.total
    (report,) = of_kind(resources, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert "Automatic, not reviewed" in report["conclusion"]
    assert of_kind(resources, "Patient") == [
        {"resourceType": "Patient", "identifier": [{"system": "urn:wbmri:participant", "value": "sub-07"}]}
    ]


def test_a_signed_reading_is_final(
    coronal: Grid, make_case: Callable[..., Case], sign_case: Callable[[Case], Reading], tmp_path: Path
) -> None:
    case = make_case(tmp_path / "OUT", coronal)
    sign_case(case)
    resources = bundle(case, tmp_path / "fhir")
    kinds = of_kind(resources, "Observation") + of_kind(resources, "DiagnosticReport")
    assert {one["status"] for one in kinds} == {"final"}
    (reader,) = of_kind(resources, "Practitioner")
    assert reader["identifier"][0]["value"] == "anna"
    (deltoid,) = (one for one in kinds if one.get("bodySite", {}).get("text") == "Deltoid, left")
    assert [one["text"] for one in deltoid["note"]] == ["seen as marked", "sure", "like a feather"]


def test_an_open_total_is_not_a_number(
    coronal: Grid, make_case: Callable[..., Case], make_reading: Callable[..., Reading], tmp_path: Path
) -> None:
    either = (Candidate("shading", 0.6, 100.0, 42, 28), Candidate("oedema", 0.4, 90.0, 60, 40))
    case = make_case(tmp_path / "OUT", coronal, replace(make_reading(), candidates=either))
    (total,) = (one for one in of_kind(bundle(case, tmp_path / "fhir"), "Observation") if "hasMember" in one)
    assert "valueInteger" not in total
    assert "42 or 60 of 84" in total["dataAbsentReason"]["text"]


def test_with_its_source_it_names_person_and_study(
    coronal: Grid, make_case: Callable[..., Case], tmp_path: Path
) -> None:
    hospital = export_case(make_case(tmp_path / "A", coronal).paths.folder, tmp_path / "hospital", to=["mr"])
    folder = hospital.files[0].parent
    volume = wbmri.load(folder)
    case = make_case(tmp_path / "B", volume.grid, volume=volume, participant="99")
    resources = bundle(case, tmp_path / "fhir", source=folder)
    (patient,) = of_kind(resources, "Patient")
    assert [one["value"] for one in patient["identifier"]] == ["sub-99", "sub-07"]
    assert patient["name"] == [{"text": "sub-07"}]
    (study,) = of_kind(resources, "ImagingStudy")
    assert study["identifier"][0]["value"].startswith("urn:oid:2.25.")
