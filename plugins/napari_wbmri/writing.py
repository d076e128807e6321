"""Saving a label map as napari shows it, on the grid and with the affine the scan really has."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from napari_wbmri.display import DisplayGrid
from wbmri.errors import InputError
from wbmri.io import encode_nifti


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
    grid = DisplayGrid(np.array(place["affine"]), tuple(place["stored_shape"]))
    if labels.shape != grid.shape:
        raise InputError(
            f"the layer {meta.get('name', '')!r} of shape {labels.shape}",
            f"labels on the scan's own grid, shape {grid.shape}",
            "save the layer 'muscle groups'",
        )
    target = Path(path)
    content = encode_nifti(np.ascontiguousarray(grid.stored(labels).astype(np.uint8)), grid.affine)
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
