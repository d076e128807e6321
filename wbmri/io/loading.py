"""Images of one visit as one volume."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wbmri.errors import InputError
from wbmri.io.dicom_pixels import read_pixels
from wbmri.io.dicom_series import Series, Stack
from wbmri.io.images import acquisition_of, read_image
from wbmri.io.planning import Inputs, Plan, plan
from wbmri.progress import Progress, part, silent
from wbmri.provenance import Json, Step
from wbmri.volume import Volume, canonical


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
        If nothing usable was found, or the choice is not clear; the text says what to do.
    """
    from wbmri.composing import compose, even_seams

    planned = plan(inputs, series, part(progress, 0.0, 0.3))
    if planned.choice.error is not None:
        raise planned.choice.error
    stations = []
    count = len(planned.choice.stations)
    for place, (one, stack) in enumerate(planned.choice.stations):
        share = part(progress, 0.3 + 0.5 * place / count, 0.3 + 0.5 * (place + 1) / count)
        stations.append(read_station(planned, one, stack, share))
    step = Step("load", parameters(planned, stations))
    progress(0.8, "composing")
    volume = compose(stations) if len(stations) > 1 else even_seams(stations[0])
    progress(1.0, "composed")
    return replace(volume, provenance=(step, *volume.provenance))


def read_station(planned: Plan, one: Series, stack: Stack, progress: Progress) -> Volume:
    """Read one station, its axes put nearest to right, anterior, superior."""
    if one.key in planned.files:
        progress(0.0, "reading images")
        return canonical(read_image(planned.files[one.key]))
    try:
        volume = Volume(read_pixels(stack.frames, progress), stack.affine, acquisition_of(one.facts))
    except InputError as problem:
        raise InputError(f"in series {one.key}, {problem.received}", problem.expected, problem.remedy) from problem
    return canonical(volume)


def parameters(planned: Plan, stations: Sequence[Volume]) -> dict[str, Json]:
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
        "chosen": planned.choice.summary,
        "warnings": list(planned.choice.warnings),
        "stations": recorded,
    }


def digest(volume: Volume) -> str:
    """Return the SHA-256 of a volume's shape, affine (to 0.0001 mm) and voxels."""
    made = hashlib.sha256()
    made.update(np.array(volume.shape, dtype="<i8").tobytes())
    made.update((volume.affine.round(4) + 0.0).astype("<f8").tobytes())
    made.update(np.ascontiguousarray(volume.data, dtype="<f4").tobytes())
    return made.hexdigest()
