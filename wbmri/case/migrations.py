"""Files of older versions, brought to the layout of today before they are validated.

This is the one place that knows what earlier versions wrote. What it is given is not validated yet and may be anything:
what it does not recognise it leaves alone, for the validation to refuse.
"""

from typing import Any, cast

from pydantic_core import from_json, to_json

from wbmri.core import Json

JsonObject = dict[str, Json]


def version_of(content: bytes) -> int | None:
    """Return the ``schema_version`` that JSON bytes name; ``None`` if they name none, or are no JSON object."""
    found = _parsed(content).get("schema_version")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def upgraded(content: bytes, version: int) -> bytes:
    """Return JSON bytes in the layout of today.

    Parameters
    ----------
    content
        A JSON object in an earlier layout.
    version
        Its ``schema_version``, from 1 on.
    """
    document = _parsed(content)
    for upgrade in _UPGRADES[version - 1 :]:
        upgrade(document)
    return to_json(document | {"schema_version": len(_UPGRADES) + 1}, inf_nan_mode="constants")


def _parsed(content: bytes) -> JsonObject:
    try:
        return _object(from_json(content))
    except ValueError:
        return {}


def _object(value: Any) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [_object(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _to_version_2(document: JsonObject) -> None:
    """Give a reading the typed fields that version 1 kept in its provenance."""
    reading = _object(document.get("reading"))
    if "groups" not in reading:
        return
    # The last one counts: an addendum goes on from the provenance of the reading before.
    reviews = [step for step in _objects(reading.get("provenance")) if step.get("name") == "review"]
    if reviews:
        reading["review"] = reviews[-1].get("parameters")
    grades = [step for step in _objects(reading.get("provenance")) if step.get("name") == "grade"]
    if grades:
        reading["intensity_model"] = _intensity_model(_object(grades[-1].get("parameters")))


def _intensity_model(parameters: JsonObject) -> Json:
    """Return the numbers that version 1 wrote into the step ``grade``; ``None`` for a reading of another program."""
    if not {"field", "kernel"} <= set(parameters):
        return None
    spline = _object(parameters["field"])
    artefacts = {
        label: {"reason": fault.get("reason"), "share": fault.get("share"), "explanation": fault.get("sentence")}
        for label, fault in ((label, _object(fault)) for label, fault in _object(parameters.get("faults")).items())
    }
    return {
        "bias_field": {name: spline.get(name) for name in ("knots_mm", "log_coefficients")},
        "kernel": parameters["kernel"],
        "artefacts": cast("Json", artefacts),
    }


_UPGRADES = (_to_version_2,)
