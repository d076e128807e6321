"""The JSON files of a case: what they hold, how they are written, and how they are brought up to date and checked."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, cast

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from wbmri import __version__
from wbmri.core import NOTICE, CaseError, InputError, Json, Reading, Step

# What earlier versions wrote is known only by `upgraded` and its helpers. It is not validated yet and may be anything:
# what is not recognised is left alone, for the validation to refuse.
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


def _to_version_3(document: JsonObject) -> None:
    """Leave everything as it is: version 3 added manifests, and digests to the lines of histories."""


def _to_version_4(document: JsonObject) -> None:
    """Leave everything as it is: version 4 added deposits of calcinosis and key images."""


_UPGRADES = (_to_version_2, _to_version_3, _to_version_4)


SCHEMA_VERSION = 4

MANIFEST_SINCE = 3
"""The version of the layout from which on every case has a manifest."""

_LIBRARIES = ("numpy", "scipy", "SimpleITK", "scikit-image", "nibabel", "pydicom", "onnxruntime")

# Nothing is converted or ignored silently: a file that was edited by hand and misspelt is refused.
STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}


class Document(Protocol):
    """A frozen dataclass that is one JSON file, or one line of one."""

    @property
    def schema_version(self) -> int:
        """Version of its layout."""


DocumentT = TypeVar("DocumentT", bound=Document)


def software_versions() -> dict[str, str]:
    """Versions of what decides a result: wbmri, Python and the numeric libraries."""
    return {
        "wbmri": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


@dataclass(frozen=True, slots=True)
class ReadingDocument:
    """What ``*_reading.json`` holds: the reading with its whole scheme, whose it is, and what made it.

    It depends on nothing but the input, the settings and the versions: no times.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    participant: str
    session: str
    reading: Reading
    software: Mapping[str, str]
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class LabelsDocument:
    """What ``*_dseg.json`` holds: the parts of a `wbmri.core.labelmap.LabelMap` that a NIfTI file cannot."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    # The keys with a capital are those BIDS asks of a segmentation.
    description: Annotated[str, Field(alias="Description")]
    reference: Annotated[str, Field(alias="SpatialReference")]
    engine: str
    scheme: str
    confidence: Mapping[int, float]
    outside: tuple[int, ...]
    origin: Mapping[int, str]
    provenance: tuple[Step, ...]
    flags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    in_view: Mapping[int, float] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of ``*_history.jsonl``: something that was done to the case.

    Parameters
    ----------
    who
        ``"auto"``, or the identifier of a reader.
    when
        Time of the action, UTC.
    action
        What was done, such as ``scored``.
    group
        Id of the group it was done to; ``None`` for the whole case.
    before, after
        The value before and after, written as ``from`` and ``to``.
    why
        The reason given.
    seconds
        How long each step took, by name of the step.
    digests
        The SHA-256 of the files that were written then, by name.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    who: str
    when: datetime
    action: str
    group: str | None = None
    before: Annotated[int | str | None, Field(alias="from")] = None
    after: Annotated[int | str | None, Field(alias="to")] = None
    why: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def encode(document: Document, *, indent: int | None = 2) -> bytes:
    """Return the document as UTF-8 JSON that ends with a newline."""
    return _adapter(type(document)).dump_json(document, indent=indent, by_alias=True) + b"\n"


def decode(kind: type[DocumentT], content: bytes, source: Path) -> DocumentT:
    """Return the document that JSON bytes hold; one of an older version is brought to the layout of today.

    Parameters
    ----------
    kind
        The type of the document.
    content
        UTF-8 JSON.
    source
        The file it came from, for the message.

    Raises
    ------
    CaseError
        If it is not JSON, was written by a newer wbmri, or does not hold what it should.
    """
    try:
        document: DocumentT = _adapter(kind).validate_json(content)
    except (ValidationError, InputError):
        return _decode_other_version(kind, content, source)
    # Nearly every document is of this version: only the others are parsed twice.
    return document if document.schema_version == SCHEMA_VERSION else _decode_other_version(kind, content, source)


def _decode_other_version(kind: type[DocumentT], content: bytes, source: Path) -> DocumentT:
    """Bring a document of an older version up to date, or say what is wrong with it."""
    found = version_of(content)
    if found is not None and found > SCHEMA_VERSION:
        raise CaseError(
            f"{source} with schema_version {found}",
            f"schema_version {SCHEMA_VERSION} or older",
            "upgrade wbmri to the version that wrote it",
        )
    if found is not None and found < 1:
        raise _damaged(source, f"schema_version {found}")
    try:
        current = content if found in (None, SCHEMA_VERSION) else upgraded(content, found)
        document: DocumentT = _adapter(kind).validate_json(current)
    except (ValidationError, InputError) as error:
        raise _damaged(source, _first_fault(error)) from error
    return document


def _damaged(source: Path, fault: str) -> CaseError:
    return CaseError(
        f"{source} with {fault}",
        f"what wbmri {__version__} writes there",
        "restore the file from a backup, or move it away and score the visit again",
    )


def _first_fault(error: ValidationError | InputError) -> str:
    if isinstance(error, InputError):
        return error.received
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
