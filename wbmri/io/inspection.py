"""What is in an input, for people: series, stations, geometry, sequence, and what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from wbmri.core import Progress, silent
from wbmri.io.dicom import Series, Stack
from wbmri.io.scan_plan import Inputs, Plan, plan


@dataclass(frozen=True, slots=True)
class FoundStation:
    """Where one stack of slices lies.

    Parameters
    ----------
    size
        Columns, rows and slices as stored.
    spacing_mm
        Distances between their centres.
    low_mm, high_mm
        Lowest and highest RAS coordinates, edges of the voxels included.
    problem
        What is wrong with it, or None.
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]
    problem: str | None


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """One series, and whether it will be read.

    Parameters
    ----------
    key
        Short name to choose it by.
    kind
        What it is.
    chosen, why
        Whether `load` reads it, and the reason in one sentence.
    description
        What the scanner's operator called it; shown on the screen only, never stored with a case.
    plane
        Axial, coronal, sagittal, oblique or unknown.
    images
        Number of images.
    stations
        Its stacks, most superior first.
    repetition_time_ms, echo_time_ms, inversion_time_ms, field_strength_t, manufacturer, model, contrast_agent
        Facts of the header; ``None`` where it is silent.
    notes
        What was noticed and put right.
    """

    key: str
    kind: str
    chosen: bool
    why: str
    description: str
    plane: str
    images: int
    stations: tuple[FoundStation, ...]
    repetition_time_ms: float | None
    echo_time_ms: float | None
    inversion_time_ms: float | None
    field_strength_t: float | None
    manufacturer: str | None
    model: str | None
    contrast_agent: bool | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `load` would read from an input, and what else is there.

    Parameters
    ----------
    format
        ``DICOM`` or ``image files``.
    series
        All series found.
    chosen
        One sentence on what will be read.
    warnings
        What the reader of the score should know.
    error
        Why `load` refuses the input, in one line, or None.
    not_dicom, not_images, damaged
        Number of files that are no DICOM, that are DICOM without an image, and that cannot be read.
    """

    format: str
    series: tuple[FoundSeries, ...]
    chosen: str
    warnings: tuple[str, ...]
    error: str | None
    not_dicom: int
    not_images: int
    damaged: int


def inspect(inputs: Inputs, *, series: Sequence[str] | None = None, progress: Progress = silent) -> Inspection:
    """Say what is in an input and what `load` with the same arguments would read of it.

    Only headers are read, and the pixels of slices that stand twice.

    Parameters
    ----------
    inputs, series
        As for `load`.
    progress
        Told how far it has come.

    Returns
    -------
    Inspection
        Plain values; ``dataclasses.asdict`` makes JSON of it. Holds no names, dates or identifiers of the person.

    Raises
    ------
    InputError
        If the input does not exist or holds no images.
    """
    planned = plan(inputs, series, progress)
    selection = planned.selection
    return Inspection(
        format=planned.format,
        series=tuple(describe(one, planned) for one in planned.found),
        chosen=selection.summary,
        warnings=selection.warnings,
        error=None if selection.error is None else str(selection.error),
        not_dicom=planned.not_dicom,
        not_images=planned.not_images,
        damaged=planned.damaged,
    )


def describe(one: Series, planned: Plan) -> FoundSeries:
    """Describe one series."""
    chosen, why = planned.selection.reasons[one.key]
    facts = one.facts
    return FoundSeries(
        key=one.key,
        kind=one.kind.value,
        chosen=chosen,
        why=why,
        description=planned.files[one.key].name if one.key in planned.files else facts.description,
        plane=one.plane,
        images=len(one.frames) or len(one.stacks),
        stations=tuple(station_of(stack) for stack in one.stacks),
        repetition_time_ms=facts.repetition_time_ms,
        echo_time_ms=facts.echo_time_ms,
        inversion_time_ms=facts.inversion_time_ms,
        field_strength_t=facts.field_strength_t,
        manufacturer=facts.manufacturer,
        model=facts.model,
        contrast_agent=facts.contrast_agent,
        notes=tuple(dict.fromkeys(note for stack in one.stacks for note in stack.notes)),
    )


def station_of(stack: Stack) -> FoundStation:
    """Describe one stack."""
    x, y, z = (round(size, 3) for size in stack.grid.spacing)
    low, high = (tuple(round(float(edge), 1) for edge in side) for side in stack.grid.bounds())
    return FoundStation(
        size=stack.grid.shape,
        spacing_mm=(x, y, z),
        low_mm=(low[0], low[1], low[2]),
        high_mm=(high[0], high[1], high[2]),
        problem=None if stack.problem is None else str(stack.problem),
    )
