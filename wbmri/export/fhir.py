"""A reading as a FHIR R4 bundle, for an electronic record: a report, its total, an observation for every group."""

import json
from collections.abc import Mapping
from typing import cast

from wbmri import __version__
from wbmri.core import NOTICE, GroupReading, Json, Reading, ReviewRecord
from wbmri.core.scheme import PRIVATE_CODES, CodedEntry, Group, pair_code, side_code
from wbmri.export.concepts import (
    ASSESSABLE_GROUPS,
    GRADE,
    GRADE_2,
    INVOLVED,
    MAX_ASSESSABLE,
    MR_EXAMINATION,
    PRORATED,
    TOTAL,
    group_numbers,
    sum_numbers,
)
from wbmri.export.dicom import DerivedSeries, ExportStudy, content_uuid

_SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    PRIVATE_CODES: "urn:wbmri:codes",
}
_LATERALITY = CodedEntry("272741003", "SCT", "Laterality")
_UIDS = "urn:dicom:uid"
_GENDERS = {"F": "female", "M": "male", "O": "other"}

Resource = dict[str, Json]


def fhir_bundle(reading: Reading, series: DerivedSeries, study: ExportStudy, participant: str) -> bytes:
    """Return a reading as a FHIR R4 bundle (JSON).

    Report and observations are preliminary until a person has signed the reading, and final after. A group that is not
    assessable has the reason in place of a value.

    Parameters
    ----------
    reading
        The grades.
    series
        The derived images, to which the bundle refers.
    study
        The study these are in; with a source, the bundle carries what it says about the person.
    participant
        BIDS label of the person.
    """
    bundle = _Bundle(reading, study)
    patient = bundle.add("Patient", _patient(study, participant))
    device = bundle.add(
        "Device",
        {
            "status": "active",
            "deviceName": [{"name": "wbmri", "type": "model-name"}],
            "version": [{"value": __version__}],
        },
    )
    reader = None
    if reading.reviewed:
        who = reading.reader if reading.review is None else reading.review.who
        reader = bundle.add("Practitioner", {"identifier": [{"system": "urn:wbmri:reader", "value": who}]})
    images = bundle.add("ImagingStudy", {"subject": patient, **_images(series, study)})
    common: Resource = {"subject": patient, "device": device, "derivedFrom": [images]}
    if reader is not None:
        common["performer"] = [reader]
    groups: list[Json] = [
        bundle.add("Observation", {**common, **_observation(group, entry, reading.review)}, group.id)
        for group, entry in reading.by_group()
    ]
    total = bundle.add("Observation", {**common, **_total(reading), "hasMember": groups}, "whole")
    report: Resource = {
        "category": [_concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")],
        "code": _coded(MR_EXAMINATION, "Muscle oedema on whole-body STIR"),
        "subject": patient,
        "issued": study.when.isoformat(timespec="seconds"),
        "result": [total, *groups],
        "imagingStudy": [images],
        "conclusion": _conclusion(reading),
    }
    if reader is not None:
        report["resultsInterpreter"] = [reader]
    bundle.add("DiagnosticReport", report)
    return bundle.encoded()


class _Bundle:
    """The resources so far, each under an identifier made from what it is."""

    def __init__(self, reading: Reading, study: ExportStudy) -> None:
        self._status = "final" if reading.reviewed else "preliminary"
        self._key = (study.uid, study.when, reading.reader)
        self._when = study.when.isoformat(timespec="seconds")
        self._entries: list[Json] = []

    def add(self, kind: str, content: Mapping[str, Json], name: str = "") -> Resource:
        """Add a resource and return the reference to it."""
        address = content_uuid("fhir", *self._key, kind, name).urn
        stated: Resource = {"resourceType": kind}
        if kind in ("Observation", "DiagnosticReport"):
            stated["status"] = self._status
        self._entries.append({"fullUrl": address, "resource": {**stated, **content}})
        return {"reference": address}

    def encoded(self) -> bytes:
        """Return the bundle as JSON."""
        bundle: Resource = {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": self._when,
            # The report first: a reader of the bundle begins there.
            "entry": self._entries[::-1],
        }
        return (json.dumps(bundle, indent=2, ensure_ascii=False) + "\n").encode()


def _patient(study: ExportStudy, participant: str) -> Resource:
    identifiers: list[Json] = [{"system": "urn:wbmri:participant", "value": f"sub-{participant}"}]
    if not study.images:
        return {"identifier": identifiers}
    header = study.header
    number = _concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "Medical record number")
    identifiers.append({"type": number, "value": str(header.PatientID)})
    found: Resource = {"identifier": identifiers, "name": [{"text": str(header.PatientName).replace("^", " ").strip()}]}
    born, sex = str(header.PatientBirthDate), str(header.PatientSex)
    if len(born) == 8:
        found["birthDate"] = f"{born[:4]}-{born[4:6]}-{born[6:]}"
    if sex in _GENDERS:
        found["gender"] = _GENDERS[sex]
    return found


def _images(series: DerivedSeries, study: ExportStudy) -> Resource:
    header, first = study.header, series.images[0]
    identifiers: list[Json] = [{"system": _UIDS, "value": f"urn:oid:{study.uid}"}]
    if header.AccessionNumber:
        number = _concept("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN", "Accession ID")
        identifiers.append({"type": number, "value": str(header.AccessionNumber)})
    found: Resource = {"status": "available", "identifier": identifiers}
    day = str(header.StudyDate)
    if len(day) == 8:
        found["started"] = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    found["series"] = [
        {
            "uid": series.uid,
            "number": int(first.SeriesNumber),
            "modality": _coding(CodedEntry("MR", "DCM", "Magnetic Resonance")),
            "description": str(first.SeriesDescription),
            "numberOfInstances": len(series.images),
        },
    ]
    return found


def _observation(group: Group, entry: GroupReading, review: ReviewRecord | None) -> Resource:
    """Return the grade of a group with what was measured in it."""
    site = _coded(pair_code(group.pair), group.name)
    found: Resource = {"code": _coded(GRADE), "bodySite": site}
    if entry.grade is not None:
        found["valueInteger"] = entry.grade
    else:
        reason = _concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed", "Not Performed")
        found["dataAbsentReason"] = {**reason, "text": f"not assessable: {entry.reason}"}
    own = [] if review is None else [review.notes.get(group.id, ""), review.remarks.get(group.id, "")]
    notes: list[Json] = [{"text": text} for text in (entry.explanation, *own) if text]
    if notes:
        found["note"] = notes
    parts: list[Json] = [{"code": _coded(_LATERALITY), "valueCodeableConcept": _coded(side_code(group.side))}]
    parts += [
        {"code": _coded(name), "valueQuantity": _quantity(value, unit)}
        for name, value, unit in group_numbers(entry)
        if name != GRADE
    ]
    found["component"] = parts
    return found


def _total(reading: Reading) -> Resource:
    score = reading.score
    found: Resource = {"code": _coded(TOTAL, f"Muscle oedema score, {reading.scheme.name}, 0 to {score.maximum}")}
    if score.total is not None:
        found["valueInteger"] = score.total
    else:
        unknown = _concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "Unknown")
        found["dataAbsentReason"] = {**unknown, "text": _conclusion(reading)}
    shown = (MAX_ASSESSABLE, INVOLVED, GRADE_2, ASSESSABLE_GROUPS)
    numbers = [one for one in sum_numbers(score.whole) if one[0] in shown]
    parts: list[Json] = [{"code": _coded(name), "valueInteger": round(value)} for name, value, _ in numbers]
    if score.prorated is not None:
        parts.append({"code": _coded(PRORATED), "valueQuantity": {"value": round(score.prorated, 2)}})
    found["component"] = parts
    return found


def _conclusion(reading: Reading) -> str:
    """Return the score in a sentence or two, with what must be known before it is relied on."""
    score = reading.score
    whole = score.whole
    said = f"Total {score.said}" if score.total is not None else f"No single total: {score.said}"
    counts = f"{whole.involved} of {whole.assessable} groups involved, {whole.grade2} of grade 2"
    remark = "" if reading.review is None else reading.review.remarks.get("case", "")
    every = (f"{said}; {counts}. {reading.read_by.capitalize()}.", remark, *reading.warnings, NOTICE)
    return " ".join(text for text in every if text)


def _quantity(value: float, unit: CodedEntry) -> Resource:
    return {"value": float(f"{value:.6g}"), "unit": unit.meaning, "system": _SYSTEMS["UCUM"], "code": unit.value}


def _coding(entry: CodedEntry) -> Resource:
    return {"system": _SYSTEMS[entry.scheme], "code": entry.value, "display": entry.meaning}


def _coded(entry: CodedEntry, words: str = "") -> Resource:
    return {"coding": [cast("Json", _coding(entry))], **({"text": words} if words else {})}


def _concept(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}
