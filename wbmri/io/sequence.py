"""Which kind of MR sequence made an image, decided from the facts of its header or of its BIDS sidecar."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from wbmri.core import InputError, printable


class Kind(StrEnum):
    """What a series is, as far as scoring oedema is concerned."""

    STIR = "STIR"
    COMPOSED = "STIR composed by the scanner"
    LOCALISER = "localiser"
    T1 = "T1"
    T2 = "T2"
    FLAIR = "FLAIR"
    DIXON = "Dixon"
    DIFFUSION = "diffusion"
    DERIVED = "derived image"
    OTHER = "other"


STIR_KINDS = frozenset({Kind.STIR, Kind.COMPOSED})

# Fat is nulled at TI = T1 ln 2: about 100 ms at 0.3 T, 160 ms at 1.5 T, 220 ms at 3 T. Fluid is nulled above 1500 ms.
FAT_NULLING_MS = (60.0, 400.0)
FLUID_NULLING_MS = 1000.0

# No MR scanner images more than this along the body without moving the table.
ONE_STATION_MM = 600.0
# No number of an acquisition is larger, in whatever unit.
LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """What a header says about the sequence; empty or ``None`` where it is silent.

    Parameters
    ----------
    modality
        DICOM modality, ``MR`` for what can be scored.
    image_type, scanning_sequence, sequence_variant, scan_options
        Coded values as DICOM defines them, in capitals.
    contrast
        Acquisition contrast as enhanced MR objects state it, such as ``STIR``.
    sequence_name, description
        Free text: the vendor's name of the sequence, and the operator's of the series. Only a hint.
    echo_time_ms, repetition_time_ms, inversion_time_ms, flip_angle_deg, b_value, field_strength_t
        Numbers of the sequence.
    manufacturer, model
        Maker and model of the scanner.
    contrast_agent
        Whether the header names a contrast agent; ``None`` where nothing was said.
    grey
        False for colour images and screenshots.
    """

    modality: str = "MR"
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    contrast: str = ""
    sequence_name: str = ""
    description: str = ""
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    b_value: float | None = None
    field_strength_t: float | None = None
    manufacturer: str | None = None
    model: str | None = None
    contrast_agent: bool | None = None
    grey: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """How the slices of a series lie, as far as it tells what the series is for.

    Parameters
    ----------
    slices
        Number of slices in the largest stack.
    orientations
        Number of slice orientations under one series.
    slice_spacing_mm
        Distance between slices; 0 where there is one.
    head_foot_mm
        Length of body that the largest stack covers.
    """

    slices: int
    orientations: int
    slice_spacing_mm: float
    head_foot_mm: float


PROJECTIONS = frozenset({"MIP", "MNIP", "MINIP", "MPR", "PROJECTION IMAGE", "MAX_IP", "MIN_IP", "CPR", "CURVED"})
COMPUTED = frozenset(
    {
        "SUBTRACTION",
        "SUB",
        "T2 MAP",
        "T1 MAP",
        "R2 MAP",
        "T2_STAR MAP",
        "T2MAP",
        "T1MAP",
        "QMAP",
        "SCREENSHOT",
        "CSA REPORT",
    },
)
NOT_MAGNITUDE = frozenset({"P", "R", "I", "PHASE", "PHASE MAP", "REAL", "IMAGINARY", "R_IR", "I_IR", "P_IR"})
DIXON_PARTS = frozenset(
    {"W", "F", "IN", "OPP", "OUT", "IP", "OP", "WATER", "FAT", "FF", "FAT_FRACTION", "DIXON"}
    | {"IN_PHASE", "OUT_PHASE", "OP_PHASE", "OPP_PHASE"},
)
DIFFUSION_PARTS = frozenset({"DIFFUSION", "ADC", "TRACEW", "TRACE", "FA", "EADC", "TENSOR"})

STIR_NAME = re.compile(r"stir|tirm|turbo.?ir|short.?tau|fse.?ir|ir.?tse|tse.?ir|(^|[^a-z])\*?tir", re.IGNORECASE)
FLAIR_NAME = re.compile(r"flair|dark.?fluid", re.IGNORECASE)
LOCALISER_NAME = re.compile(r"locali[sz]er|scout|survey|plan.?scan|3.?plane|(^|[^a-z])loc([^a-z]|$)", re.IGNORECASE)
DIFFUSION_NAME = re.compile(r"dwi|diff|(^|[^a-z])adc|ep_b\d|dwibs", re.IGNORECASE)
DIXON_NAME = re.compile(r"dixon|ideal|(^|[^a-z])lava.?flex", re.IGNORECASE)
SPECTRAL_NAME = re.compile(r"spair|spir|fat.?sat|(^|[^a-z])fs([^a-z]|$)", re.IGNORECASE)
COMPOSED_NAME = re.compile(r"compos|mobiview|pasted|pasting|stitch", re.IGNORECASE)
T1_NAME = re.compile(r"(^|[^a-z0-9])t1", re.IGNORECASE)
T2_NAME = re.compile(r"(^|[^a-z0-9])t2", re.IGNORECASE)


def classify(facts: SequenceFacts, layout: Layout | None = None) -> tuple[Kind, str]:
    """Say what kind of series a header describes, and why.

    Codes and times decide; names are asked only where those are missing.

    Parameters
    ----------
    facts
        What the header says.
    layout
        How the slices lie; without it localisers and composed series are not told apart by their geometry.

    Returns
    -------
    kind : Kind
    why : str
        The facts that decided, as the end of a sentence; holds no free text of the header.
    """
    parts = frozenset(facts.image_type)
    names = f"{facts.description} {facts.sequence_name}"
    if facts.modality != "MR":
        return Kind.OTHER, f"its modality is {facts.modality or 'not given'}, not MR"
    if not facts.grey:
        return Kind.DERIVED, "it is a colour image or a screenshot"
    if parts & (NOT_MAGNITUDE | COMPUTED):
        return Kind.DERIVED, f"its image type holds {min(parts & (NOT_MAGNITUDE | COMPUTED))}"
    if parts & PROJECTIONS and not composed_by_name(parts):
        return Kind.DERIVED, f"its image type holds {min(parts & PROJECTIONS)}"
    if is_diffusion(facts, parts, names):
        return Kind.DIFFUSION, "it is diffusion-weighted"
    if (reason := localiser_reason(facts, parts, layout)) is not None:
        return Kind.LOCALISER, reason
    if parts & DIXON_PARTS:
        return Kind.DIXON, f"its image type holds {min(parts & DIXON_PARTS)}"
    kind, why = weighting(facts, names)
    if kind is Kind.STIR and layout is not None:
        named = composed_by_name(parts) or ("DERIVED" in parts and bool(COMPOSED_NAME.search(names)))
        if named or layout.head_foot_mm > ONE_STATION_MM:
            how = "its image type says composed" if named else f"it covers {layout.head_foot_mm:.0f} mm in one piece"
            return Kind.COMPOSED, f"{why}, and {how}"
    return kind, why


def composed_by_name(parts: frozenset[str]) -> bool:
    """Tell whether an image type says that stations were composed."""
    return any(part == "COMPOSED" or part.startswith("COMP_") for part in parts)


def is_diffusion(facts: SequenceFacts, parts: frozenset[str], names: str) -> bool:
    """Tell whether a series is diffusion-weighted; such series may null fat by inversion as STIR does."""
    if parts & DIFFUSION_PARTS or facts.contrast == "DIFFUSION" or (facts.b_value or 0.0) > 0.0:
        return True
    return bool(DIFFUSION_NAME.search(names)) and ("EP" in facts.scanning_sequence or not facts.scanning_sequence)


def localiser_reason(facts: SequenceFacts, parts: frozenset[str], layout: Layout | None) -> str | None:
    """Say what shows that a series is a localiser, or None."""
    if "LOCALIZER" in parts or "SCOUT" in parts:
        return "its image type says localiser"
    if layout is None:
        return None
    if layout.slices < 12 and layout.orientations > 1:
        return f"it has {layout.slices} slices or fewer in each of {layout.orientations} orientations"
    if layout.slices < 12 and layout.slice_spacing_mm > 15.0:
        return f"it has {layout.slices} slices {layout.slice_spacing_mm:.0f} mm apart"
    if layout.slices < 12 and LOCALISER_NAME.search(facts.description):
        return f"it has {layout.slices} slices and is named so"
    return None


def weighting(facts: SequenceFacts, names: str) -> tuple[Kind, str]:
    """Tell STIR, FLAIR, T1, T2 and Dixon apart."""
    inverted = "IR" in {*facts.scanning_sequence, *facts.sequence_variant, *facts.scan_options} or any(
        part.endswith("_IR") for part in facts.image_type
    )
    ti, te, tr = facts.inversion_time_ms, facts.echo_time_ms, facts.repetition_time_ms
    gradient_echo = "GR" in facts.scanning_sequence and "SE" not in facts.scanning_sequence
    if facts.contrast == "STIR":
        return Kind.STIR, "its acquisition contrast is STIR"
    if facts.contrast == "FLUID_ATTENUATED":
        return Kind.FLAIR, "its acquisition contrast is fluid attenuated"
    if ti is not None and ti > 0:
        if ti > FLUID_NULLING_MS:
            return Kind.FLAIR, f"its inversion time of {ti:g} ms nulls fluid, not fat"
        spectral = bool({"FS", "SFS"} & set(facts.scan_options)) or bool(SPECTRAL_NAME.search(names))
        short = FAT_NULLING_MS[0] <= ti <= FAT_NULLING_MS[1]
        if short and not gradient_echo and (inverted or not spectral):
            return Kind.STIR, f"its inversion time of {ti:g} ms nulls fat"
        if inverted and not short:
            return Kind.OTHER, f"its inversion time of {ti:g} ms nulls neither fat nor fluid"
    elif FLAIR_NAME.search(names):
        return Kind.FLAIR, "it is named so and gives no inversion time"
    elif inverted and not gradient_echo and (STIR_NAME.search(names) or (tr is not None and 1500 <= tr <= 6500)):
        return Kind.STIR, "it has an inversion pulse (no inversion time is given)"
    elif not facts.scanning_sequence and STIR_NAME.search(names):
        return Kind.STIR, "it is named so (the header gives neither sequence nor inversion time)"
    if DIXON_NAME.search(names):
        return Kind.DIXON, "it is named so"
    if te is not None and tr is not None:
        if te >= 45.0 and tr >= 1500.0:
            return Kind.T2, f"its TE of {te:g} ms and TR of {tr:g} ms give T2 weighting without inversion"
        if te <= 30.0 and tr <= 1200.0:
            return Kind.T1, f"its TE of {te:g} ms and TR of {tr:g} ms give T1 weighting"
    elif T1_NAME.search(names):
        return Kind.T1, "it is named so"
    elif T2_NAME.search(names):
        return Kind.T2, "it is named so"
    return Kind.OTHER, "nothing in its header says STIR"


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
        fields = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as problem:
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
    if not isinstance(value, int | float) or isinstance(value, bool) or not -LARGEST <= value <= LARGEST:
        return None
    return float(value)


def text(fields: dict[str, Any], key: str) -> str:
    """Return a field as text without control characters, empty if missing."""
    value = fields.get(key)
    return printable(value.strip()) if isinstance(value, str) else ""


def codes(fields: dict[str, Any], key: str) -> tuple[str, ...]:
    r"""Return a field as coded strings; converters write several as a list, or joined by ``_`` or ``\``."""
    value = fields.get(key)
    if isinstance(value, str):
        value = value.replace("_", "\\").split("\\") if key != "ImageType" else [value]
    listed = value if isinstance(value, list) else []
    return tuple(printable(code.strip().upper()) for code in listed if isinstance(code, str) and code.strip())


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
