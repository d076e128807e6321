"""Acquisition facts from the JSON file that stands next to a BIDS image."""

import json
from pathlib import Path
from typing import Any

from wbmri.core import InputError
from wbmri.io.sequence import SequenceFacts


def sidecar_path(image: Path) -> Path:
    """Return where the sidecar of an image would be."""
    name = image.name.removesuffix(".gz")
    return image.with_name(name[: name.rfind(".")] + ".json")


def read_sidecar(image: Path) -> SequenceFacts | None:
    """Read the sidecar of an image, if it has one.

    Parameters
    ----------
    image
        The image file; its sidecar has the same name with the ending ``.json``.

    Returns
    -------
    SequenceFacts or None
        Times in ms; BIDS writes them in seconds.

    Raises
    ------
    InputError
        If the file is not a JSON object, or holds times that cannot be seconds.
    """
    path = sidecar_path(image)
    if not path.is_file():
        return None
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise InputError(
            f"the sidecar {path.name}, which is not JSON",
            "a JSON object",
            "repair it, or move it away",
        ) from problem
    if not isinstance(fields, dict):
        raise InputError(
            f"the sidecar {path.name}, which is no JSON object",
            "a JSON object",
            "repair it, or move it away",
        )
    agent = fields.get("ContrastBolusIngredient")
    return SequenceFacts(
        modality=text(fields, "Modality").upper() or "MR",
        image_type=codes(fields, "ImageType"),
        scanning_sequence=codes(fields, "ScanningSequence"),
        sequence_variant=codes(fields, "SequenceVariant"),
        scan_options=codes(fields, "ScanOptions"),
        sequence_name=f"{text(fields, 'SequenceName')} {text(fields, 'PulseSequenceType')}".strip(),
        description=f"{text(fields, 'SeriesDescription')} {text(fields, 'ProtocolName')}".strip(),
        echo_time_ms=milliseconds(path, fields, "EchoTime", 1.0),
        repetition_time_ms=milliseconds(path, fields, "RepetitionTime", 60.0),
        inversion_time_ms=milliseconds(path, fields, "InversionTime", 20.0),
        flip_angle_deg=number(fields, "FlipAngle"),
        field_strength_t=number(fields, "MagneticFieldStrength"),
        manufacturer=text(fields, "Manufacturer") or None,
        model=text(fields, "ManufacturersModelName") or None,
        contrast_agent=True if agent else None,
    )


def number(fields: dict[str, Any], key: str) -> float | None:
    """Return a field as a number, or None."""
    value = fields.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text(fields: dict[str, Any], key: str) -> str:
    """Return a field as text, empty if missing."""
    value = fields.get(key)
    return value.strip() if isinstance(value, str) else ""


def codes(fields: dict[str, Any], key: str) -> tuple[str, ...]:
    r"""Return a field as coded strings; converters write several as a list, or joined by ``_`` or ``\``."""
    value = fields.get(key)
    if isinstance(value, str):
        value = value.replace("_", "\\").split("\\") if key != "ImageType" else [value]
    return tuple(code.strip().upper() for code in value or () if isinstance(code, str) and code.strip())


def milliseconds(path: Path, fields: dict[str, Any], key: str, most_s: float) -> float | None:
    """Return a time that BIDS gives in seconds in milliseconds; refuse what can only have been milliseconds."""
    seconds = number(fields, key)
    if seconds is not None and not 0.0 <= seconds <= most_s:
        raise InputError(
            f"the sidecar {path.name} with {key} {seconds:g}",
            f"seconds between 0 and {most_s:g}, as BIDS has it",
            "correct the value, or move the sidecar away",
        )
    return seconds * 1000.0 if seconds else None
