"""What of an input will be read, which `inspect` shows and `load` follows: the images of one visit as one volume."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wbmri.core import InputError, Json, Progress, Step, Volume, canonical, part, plane, silent
from wbmri.io.dicom import Series, Stack, files_under, group_series, read_headers, read_pixels
from wbmri.io.image_files import acquisition_of, is_image, read_grid, read_image
from wbmri.io.sequence import Layout, SequenceFacts, classify, read_sidecar
from wbmri.io.series_selection import Selection, select_series

Inputs = str | Path | Sequence[str | Path]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What was found, and what will be read.

    Parameters
    ----------
    format
        ``DICOM`` or ``image files``.
    found
        All series; each image file counts as one.
    selection
        Which of them will be read, and why.
    files
        Key of a series to its image file; empty for DICOM.
    not_dicom, not_images, damaged
        Number of files that are no DICOM, that are DICOM without an image, and that cannot be read.
    """

    format: str
    found: tuple[Series, ...]
    selection: Selection
    files: Mapping[str, Path] = field(default_factory=dict)
    not_dicom: int = 0
    not_images: int = 0
    damaged: int = 0


def plan(inputs: Inputs, wanted: Sequence[str] | None, progress: Progress) -> Plan:
    """Look into an input and choose.

    Raises
    ------
    InputError
        If the input does not exist, holds no images, or mixes DICOM and image files. What is wrong with the images
        themselves stands in the plan's selection.
    """
    paths = [Path(item) for item in ([inputs] if isinstance(inputs, str | Path) else inputs)]
    missing = [path for path in paths if not path.exists()]
    if missing or not paths:
        raise InputError(
            f"{missing[0]}, which does not exist" if missing else "no input",
            "a DICOM folder, or image files (.nii, .nii.gz, .nrrd, .mha)",
            "check the path",
        )
    images = [path for path in paths if path.is_file() and is_image(path)]
    if images and len(images) < len(paths):
        raise InputError(
            f"{len(images)} image files together with {len(paths) - len(images)} other inputs",
            "either DICOM or image files",
            "name only the one or the other",
        )
    return plan_images(images, wanted) if images else plan_dicom(paths, wanted, progress)


def plan_dicom(paths: Sequence[Path], wanted: Sequence[str] | None, progress: Progress) -> Plan:
    """Look into DICOM folders and files."""
    files = files_under(paths)
    headers = read_headers(files, progress)
    if not headers.frames and not headers.damaged:
        volumes = sum(is_image(path) for path in files)
        raise InputError(
            f"{'a file' if len(files) == 1 else f'{len(files)} files'} without a DICOM image",
            "a DICOM folder, or image files (.nii, .nii.gz, .nrrd, .mha)",
            "name the image files themselves" if volumes else "check the path",
        )
    found = group_series(headers.frames)
    selection = select_series(found, wanted, headers.damaged)
    return Plan(
        "DICOM",
        found,
        selection,
        not_dicom=headers.not_dicom,
        not_images=headers.not_images,
        damaged=len(headers.damaged),
    )


def plan_images(paths: Sequence[Path], wanted: Sequence[str] | None) -> Plan:
    """Look into image files: one station each, or one composed volume."""
    found = tuple(image_series(paths))
    files = {one.key: path for one, path in zip(found, paths, strict=True)}
    return Plan("image files", found, select_series(found, wanted), files)


def image_series(paths: Sequence[Path]) -> Iterator[Series]:
    """Yield the series that image files stand for, in the order given."""
    for place, path in enumerate(paths, start=1):
        grid = read_grid(path)
        across = grid.slice_axis
        layout = Layout(
            slices=grid.shape[across],
            orientations=1,
            slice_spacing_mm=grid.spacing[across],
            head_foot_mm=float(np.ptp(grid.bounds()[:, 2])),
        )
        facts = read_sidecar(path)
        kind, why = classify(facts or SequenceFacts(), layout)
        facing = plane(grid.directions[:, across])
        yield Series(f"S{place}", kind, why, facing, facts or SequenceFacts(), (), (Stack((), grid),))


def load(inputs: Inputs, *, series: Sequence[str] | None = None, progress: Progress = silent) -> Volume:
    """Read the STIR images of one visit and compose them into one volume.

    Parameters
    ----------
    inputs
        A DICOM folder of any depth, DICOM files, or one or more .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd files;
        several image files are stations.
    series
        Keys of the series to read, as `inspect` shows them; ``None`` to find the STIR stations.
    progress
        Told how far it has come.

    Returns
    -------
    Volume
        In RAS mm, its axes as near as they can be to right, anterior, superior. Its provenance begins with a step
        ``load`` that holds the format, what was chosen and why, warnings, and for each station shape, spacing in mm
        and a digest of voxels and geometry.

    Raises
    ------
    InputError
        If nothing usable was found, or the selection is not clear; the text says what to do.
    """
    return compose_planned(plan(inputs, series, part(progress, 0.0, 0.3)), part(progress, 0.3, 1.0))


def compose_planned(planned: Plan, progress: Progress) -> Volume:
    """Read what a plan has chosen; returns and raises as `load`."""
    from wbmri.io.stitching import compose, even_seams

    if planned.selection.error is not None:
        raise planned.selection.error
    stations = []
    count = len(planned.selection.stations)
    for place, (one, stack) in enumerate(planned.selection.stations):
        share = part(progress, 0.7 * place / count, 0.7 * (place + 1) / count)
        stations.append(read_station(planned, one, stack, share))
    step = Step("load", load_parameters(planned, stations))
    progress(0.7, "composing")
    volume = compose(stations) if len(stations) > 1 else even_seams(stations[0])
    progress(1.0, "composed")
    return replace(volume, provenance=(step, *volume.provenance))


def read_station(planned: Plan, one: Series, stack: Stack, progress: Progress) -> Volume:
    """Read one station, its axes put nearest to right, anterior, superior."""
    if one.key in planned.files:
        progress(0.0, "reading images")
        return canonical(read_image(planned.files[one.key]))
    try:
        volume = Volume(read_pixels(stack.frames, progress), stack.grid.affine, acquisition_of(one.facts))
    except InputError as problem:
        raise InputError(f"in series {one.key}, {problem.received}", problem.expected, problem.remedy) from problem
    return canonical(volume)


def load_parameters(planned: Plan, stations: Sequence[Volume]) -> dict[str, Json]:
    """Return what the step ``load`` records; no identifier, name, date, description or path is among it."""
    recorded: list[Json] = [
        {
            "shape": list(station.shape),
            "spacing_mm": [round(size, 4) for size in station.spacing],
            "sha256": digest(station),
        }
        for station in stations
    ]
    return {
        "format": planned.format,
        "chosen": planned.selection.summary,
        "warnings": list(planned.selection.warnings),
        "stations": recorded,
    }


def digest(volume: Volume) -> str:
    """Return the SHA-256 of a volume's shape, affine (to 0.0001 mm) and voxels."""
    made = hashlib.sha256()
    made.update(np.array(volume.shape, dtype="<i8").tobytes())
    made.update((volume.affine.round(4) + 0.0).astype("<f8").tobytes())
    made.update(np.ascontiguousarray(volume.data, dtype="<f4").tobytes())
    return made.hexdigest()
