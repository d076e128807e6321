"""Cases and scans as layers of napari, and label maps saved with the geometry of their scan."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_wbmri.viewer import DisplayGrid
from wbmri.case import CasePaths, cases_at
from wbmri.core import Grid, InputError, Volume, WbmriError
from wbmri.io import FoundSeries, encode_nifti, inspect, load
from wbmri.registration import field_of_view, linear_on_grid


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as NIfTI.

    Parameters
    ----------
    path
        Where to, ``.nii.gz`` or ``.nii``.
    data
        The layer's labels, as they lie on the screen.
    meta
        The layer's state; its metadata say how the scan is stored.

    Returns
    -------
    list of str
        The file that was written.

    Raises
    ------
    InputError
        If the layer is not a label map of the reading room, or its labels do not fit 8 bits.
    """
    place = meta.get("metadata", {})
    labels = np.asarray(data)
    if "affine" not in place:
        raise InputError(
            f"the layer {meta.get('name', '')!r} without the grid of a scan",
            "the layer 'muscle groups' of a case that is open",
            "save that layer, or save this one as TIFF",
        )
    if labels.min() < 0 or labels.max() > 255:
        raise InputError(f"labels {labels.min()} to {labels.max()}", "labels 0 to 255", "renumber the labels")
    grid = DisplayGrid(Grid(place["stored_shape"], np.array(place["affine"])))
    if labels.shape != grid.shape:
        raise InputError(
            f"the layer {meta.get('name', '')!r} of shape {labels.shape}",
            f"labels on the scan's own grid, shape {grid.shape}",
            "save the layer 'muscle groups'",
        )
    target = Path(path)
    content = encode_nifti(np.ascontiguousarray(grid.stored(labels).astype(np.uint8)), grid.stored_grid.affine)
    if not target.name.endswith(".gz"):
        import gzip

        content = gzip.decompress(content)
    draft = target.with_name(f".{target.name}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return [str(target)]


Layer = tuple[Any, dict[str, Any], str]
IMAGES = (".nii", ".nii.gz", ".nrrd", ".mha")

_LOOKED_AT = 200
"""How many files of a folder are looked at for DICOM before it is left to other readers."""


def is_scan(paths: Sequence[Path]) -> bool:
    """Whether paths are a scan that wbmri reads: a DICOM folder or file, an image, or several that are stations."""
    if len(paths) == 1 and paths[0].is_dir():
        return _holds_dicom(paths[0])
    if len(paths) == 1 and paths[0].name.lower().endswith((".dcm", ".ima")):
        return True
    return all(one.name.lower().endswith(IMAGES) for one in paths)


def scan_layer(volume: Volume) -> Layer:
    """Return a scan as a layer in its place, in a window that suits most scans."""
    grid = DisplayGrid.of(volume)
    white = float(np.percentile(volume.data[::2, ::2, ::2], 99.7))
    settings = {**grid.layer(), "name": "scan", "contrast_limits": (0.0, white or 1.0), "interpolation2d": "linear"}
    return grid.shown(volume.data), settings, "image"


def companions_in(paths: Sequence[Path]) -> list[FoundSeries]:
    """Return the series of a DICOM folder, or the images of files, that can be shown beside a case.

    Raises
    ------
    InputError
        If there is none.
    """
    series = inspect([str(path) for path in paths]).series
    found = [one for one in series if one.stations and all(part.problem is None for part in one.stations)]
    if not found:
        raise InputError(
            f"{_names(paths)} without a series that says where it lies",
            "a DICOM folder of the same examination, or image files",
            "choose another one; 'wbmri inspect' tells what is wrong with each series",
        )
    return found


def read_companion(paths: Sequence[Path], key: str, grid: Grid) -> NDArray[np.float32]:
    """Return a series on the grid of a case, by where both lie in the scanner.

    Parameters
    ----------
    paths
        A DICOM folder or image files.
    key
        Which of its series.
    grid
        Where the case lies.

    Raises
    ------
    InputError
        If it lies elsewhere, or cannot be read.
    """
    volume = load([str(path) for path in paths], series=[key])
    if not field_of_view(volume.grid, grid).any():
        raise InputError(
            f"a series of {_names(paths)} that shows no part of this scan",
            "a series of the same examination",
            "choose another one",
        )
    return linear_on_grid(volume, grid, 0.0)


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def case_layers(paths: CasePaths) -> list[Layer]:
    """Return the scan of a case and its label map as layers, for a viewer without a window."""
    from wbmri.case import read_case

    case = read_case(paths.reading)
    volume, labels = case.volume(), case.labels()
    grid = DisplayGrid.of(volume)
    place = grid.layer()
    return [
        (grid.shown(volume.data), {**place, "name": paths.name}, "image"),
        (grid.shown(labels.data), {**place, "name": "muscle groups"}, "labels"),
    ]


def cases_in(place: Path) -> tuple[CasePaths, ...]:
    """Return the cases at a place; none where it is something else."""
    try:
        return cases_at(place) if place.is_dir() or place.name.endswith("_reading.json") else ()
    except WbmriError:
        return ()


def _holds_dicom(folder: Path) -> bool:
    for path in islice((path for path in folder.rglob("*") if path.is_file()), _LOOKED_AT):
        with path.open("rb") as file:
            if file.read(132)[128:] == b"DICM":
                return True
    return False
