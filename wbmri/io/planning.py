"""What is in an input and what of it will be read: the one plan that `inspect` shows and `load` follows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wbmri.errors import InputError
from wbmri.io.choosing import Choice, choose
from wbmri.io.dicom_headers import files_under, read_headers
from wbmri.io.dicom_series import Series, Stack, group
from wbmri.io.geometry import plane, slice_axis
from wbmri.io.images import is_image, read_grid
from wbmri.io.sequence import Layout, SequenceFacts, classify
from wbmri.io.sidecar import read_sidecar
from wbmri.progress import Progress

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
    choice
        Which of them will be read, and why.
    files
        Key of a series to its image file; empty for DICOM.
    not_dicom, not_images, damaged
        Number of files that are no DICOM, that are DICOM without an image, and that cannot be read.
    """

    format: str
    found: tuple[Series, ...]
    choice: Choice
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
        themselves stands in the plan's choice.
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
    found = group(headers.frames)
    choice = choose(found, wanted, headers.damaged)
    return Plan(
        "DICOM",
        found,
        choice,
        not_dicom=headers.not_dicom,
        not_images=headers.not_images,
        damaged=len(headers.damaged),
    )


def plan_images(paths: Sequence[Path], wanted: Sequence[str] | None) -> Plan:
    """Look into image files: one station each, or one composed volume."""
    found = tuple(image_series(paths))
    files = {one.key: path for one, path in zip(found, paths, strict=True)}
    return Plan("image files", found, choose(found, wanted), files)


def image_series(paths: Sequence[Path]) -> Iterator[Series]:
    """Yield the series that image files stand for, in the order given."""
    for place, path in enumerate(paths, start=1):
        shape, affine = read_grid(path)
        stack = Stack((), shape, affine)
        across = slice_axis(affine)
        layout = Layout(
            slices=shape[across],
            orientations=1,
            slice_spacing_mm=float(np.linalg.norm(affine[:3, across])),
            head_foot_mm=float(np.ptp(stack.box[:, 2])),
        )
        facts = read_sidecar(path)
        kind, why = classify(facts or SequenceFacts(), layout)
        yield Series(f"S{place}", kind, why, plane(affine[:3, across]), facts or SequenceFacts(), (), (stack,))
