"""Filling a group between the slices on which it was drawn."""

from collections.abc import Sequence

from wbmri.review.masks import Labels, MaskChange


def fill_between(
    labels: Labels,
    label: int,
    axis: int,
    spacing: Sequence[float],
    *,
    between: tuple[int, int] | None = None,
    steal: bool = False,
) -> MaskChange:
    """Interpolate the shape of a group between slices (Raya and Udupa, IEEE Trans Med Imaging 1990;9:32).

    Parameters
    ----------
    labels
        The label map, shape (i, j, k).
    label
        The group.
    axis
        The voxel axis across the slices.
    spacing
        Voxel distances in mm.
    between
        Two slices that hold the group; what lies between them is drawn anew from these two. If ``None``, the empty
        slices between those that hold the group are filled.
    steal
        Whether voxels are taken from neighbouring groups.

    Raises
    ------
    InputError
        If one of the two slices does not hold the group, or there is no gap to fill.
    """
    raise NotImplementedError
