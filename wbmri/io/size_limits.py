"""What a header may promise before memory is asked for."""

from pathlib import Path

from wbmri.core import InputError

# A body at 1 mm has some 300 million voxels.
MOST_VOXELS = 2_000_000_000

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
        If an axis is empty, there are more than `MOST_VOXELS`, or the file is too short.
    """
    shown = " x ".join(str(size) for size in sizes)
    voxels = 1
    for size in sizes:
        voxels *= size
    if min(sizes) < 1 or voxels > MOST_VOXELS:
        raise InputError(
            f"the header of {path.name}, which promises {shown} voxels",
            f"at most {MOST_VOXELS:.0e} voxels and none of the axes empty",
            "check the header, or export the image again",
        )
    if voxels * voxel_bytes > stored * (MOST_SHRINKING if compressed else 1):
        raise InputError(
            f"the truncated file {path.name}: {stored} bytes for {shown} voxels",
            "all the voxels that its header promises",
            "copy or export the image again",
        )
