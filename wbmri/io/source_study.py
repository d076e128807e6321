"""The DICOM study a scan came from, for objects that shall lie beside it: whose it is, and its images."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError, Progress, Volume, part, silent
from wbmri.io.scan_plan import Inputs, compose_planned, plan

if TYPE_CHECKING:
    from pydicom import Dataset

    from wbmri.io.dicom import Frame


@dataclass(frozen=True, eq=False, slots=True)
class SourceImage:
    """One image of the study.

    Parameters
    ----------
    sop_class, instance
        What it is, and its identifier.
    frame
        Which frame of a multi-frame object, from 1; ``None`` for an object of one image.
    position
        Centre of its first voxel in LPS mm, shape (3,).
    normal
        Unit vector in LPS across it, shape (3,).
    """

    sop_class: str
    instance: str
    frame: int | None
    position: NDArray[np.float64]
    normal: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class SourceStudy:
    """A study that identifies a person; whoever holds it was asked to write that on.

    Parameters
    ----------
    volume
        The scan as `load` composes it.
    header
        All of the first image but its pixels.
    images
        The images the volume was made of.
    frame_of_reference
        The one they all lie in; empty if they lie in several, or do not say.
    """

    volume: Volume
    header: "Dataset" = field(repr=False)
    images: tuple[SourceImage, ...] = field(repr=False)
    frame_of_reference: str = field(repr=False)


def read_source_study(
    inputs: Inputs, *, series: Sequence[str] | None = None, progress: Progress = silent
) -> SourceStudy:
    """Read the study a scan came from.

    Parameters
    ----------
    inputs, series
        As for `load`; DICOM only.
    progress
        Told how far it has come.

    Raises
    ------
    InputError
        If it is no DICOM, its images belong to several studies or name none, or `load` refuses it.
    """
    planned = plan(inputs, series, part(progress, 0.0, 0.3))
    if planned.format != "DICOM":
        raise InputError(
            "a source of image files, which belong to no study",
            "the DICOM folder that was scored",
            "name the DICOM folder, or leave --source out",
        )
    volume = compose_planned(planned, part(progress, 0.3, 0.9))
    frames = [frame for _, stack in planned.selection.stations for frame in stack.frames]
    header = _header(frames[0].path)
    classes, studies = {}, set()
    for path in dict.fromkeys(frame.path for frame in frames):
        brief = _header(path, ["SOPClassUID", "StudyInstanceUID"])
        classes[path] = str(brief.get("SOPClassUID", ""))
        studies.add(str(brief.get("StudyInstanceUID", "")))
    if len(studies) > 1 or "" in studies:
        raise InputError(
            f"a source whose images {'name no study' if '' in studies else f'belong to {len(studies)} studies'}",
            "the images of one study",
            "export the study from the archive again, or leave --source out",
        )
    progress(1.0, "read")
    places = {frame.frame_of_reference for frame in frames}
    return SourceStudy(
        volume,
        header,
        tuple(_image(frame, classes[frame.path]) for frame in frames),
        places.pop() if len(places) == 1 else "",
    )


def _header(path: Path, tags: list[str] | None = None) -> "Dataset":
    from pydicom import dcmread

    from wbmri.io.dicom import DicomFile

    with warnings.catch_warnings():
        # Values that break the letter of the standard were there before, and are written on as they are.
        warnings.filterwarnings("ignore", module=r"pydicom\..*")
        with DicomFile(path) as file:
            return dcmread(file, stop_before_pixels=True, specific_tags=None if tags is None else [*tags], force=True)


def _image(frame: "Frame", sop_class: str) -> SourceImage:
    across = np.reshape(frame.orientation, (2, 3))
    return SourceImage(
        sop_class,
        frame.instance,
        frame.index + 1 if frame.of > 1 else None,
        np.array(frame.position),
        np.cross(across[0], across[1]),
    )
