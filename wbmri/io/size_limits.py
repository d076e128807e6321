"""What a header may promise before memory is asked for."""

from pathlib import Path

import numpy as np

from wbmri.core import Grid, InputError

# A body at 1 mm has some 300 million voxels. They are held as they are stored, and as 32-bit numbers.
MOST_BYTES = 2_000_000_000
NUMBER_BYTES = 4

# Voxels of a body are between these sizes, and it lies within this distance of the scanner's middle.
LEAST_MM, MOST_MM, FARTHEST_MM = 0.05, 200.0, 1e5
# Volume of a voxel relative to that of a box with its edges: less is no grid of a scanner.
LEAST_UPRIGHT = 0.3

# Deflate cannot shrink by more than this (zlib's technical details: 1032:1).
MOST_SHRINKING = 1032


def check_one_volume(path: Path, sizes: tuple[int, ...]) -> None:
    """Refuse an image of less than three spatial axes, or of several volumes.

    Parameters
    ----------
    path
        The file, for the message.
    sizes
        Voxels along each axis, as the header says.
    """
    if len(sizes) < 3 or any(size != 1 for size in sizes[3:]):
        raise InputError(
            f"the image {path.name} of shape {sizes}",
            "three spatial axes and one time point",
            "split it and name the volume wanted",
        )


def check_promise(path: Path, sizes: tuple[int, ...], voxel_bytes: float, *, compressed: bool, stored: int) -> None:
    """Refuse a header that promises more voxels than a body has, or than its file can hold.

    Parameters
    ----------
    path
        The file, for the message.
    sizes
        Voxels along each axis, as the header says.
    voxel_bytes
        Bytes of one voxel.
    compressed
        Whether the voxels are compressed.
    stored
        Bytes of the file that holds the voxels.

    Raises
    ------
    InputError
        If an axis is empty, the voxels need more than `MOST_BYTES` of memory, or the file is too short.
    """
    shown = " x ".join(str(size) for size in sizes)
    voxels = 1
    for size in sizes:
        voxels *= size
    if min(sizes) < 1 or voxels * (voxel_bytes + NUMBER_BYTES) > MOST_BYTES:
        raise InputError(
            f"the header of {path.name}, which promises {shown} voxels",
            f"at most {MOST_BYTES / 1e9:g} GB of memory and none of the axes empty",
            "check the header, or export the image again with larger voxels",
        )
    if voxels * voxel_bytes > stored * (MOST_SHRINKING if compressed else 1):
        raise InputError(
            f"the truncated file {path.name}: {stored} bytes for {shown} voxels",
            "all the voxels that its header promises",
            "copy or export the image again",
        )


def check_geometry(name: str, grid: Grid) -> None:
    """Refuse a grid that no scan of a body has: absurd voxels, places far away, axes that nearly fall together.

    Parameters
    ----------
    name
        The file or stack, for the message.
    grid
        Where its voxels lie.
    """
    spacing, origin = np.array(grid.spacing), np.abs(grid.origin)
    upright = grid.voxel_ml * 1000 / float(np.prod(spacing))
    if (
        spacing.min() >= LEAST_MM
        and spacing.max() <= MOST_MM
        and origin.max() <= FARTHEST_MM
        and upright > LEAST_UPRIGHT
    ):
        return
    shown = " x ".join(f"{size:.3g}" for size in spacing)
    raise InputError(
        f"{name} with voxels of {shown} mm at {origin.max():.3g} mm from the origin",
        f"voxels of {LEAST_MM:g} to {MOST_MM:g} mm with upright axes, within {FARTHEST_MM:g} mm",
        "repair the orientation in the header, or convert the DICOM files again",
    )
