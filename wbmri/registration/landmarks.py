"""Landmarks: points of each muscle group by which bodies are matched, limb for limb."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap

LANDMARKS_PER_GROUP = 3
"""Each group gives this many landmarks, one above the other."""

Landmarks = dict[tuple[int, int], NDArray[np.float64]]
"""(label, third of the group) to RAS mm."""


def group_landmarks(labels: LabelMap) -> Landmarks:
    """Return the centroids of the thirds of each group from its foot to its head.

    Groups that lie outside the field of view give none.

    Returns
    -------
    dict
        (label, third) to RAS mm.
    """
    from scipy import ndimage

    out = {}
    for label, box in enumerate(ndimage.find_objects(labels.data), start=1):
        if box is None or label in labels.outside:
            continue
        world = labels.grid.points(np.argwhere(labels.data[box] == label) + [part.start for part in box])
        order = np.argsort(world[:, 2], kind="stable")
        for third, chosen in enumerate(np.array_split(order, LANDMARKS_PER_GROUP)):
            if len(chosen):
                out[label, third] = world[chosen].mean(axis=0)
    return out


def shared_labels(first: Landmarks, second: Landmarks) -> set[int]:
    """Return the labels of the groups of which both bodies have landmarks."""
    return {label for label, _ in first} & {label for label, _ in second}


def least_spread_mm(landmarks: Landmarks, labels: set[int]) -> float:
    """Return the standard deviation in mm of the groups' landmarks along the direction in which it is least."""
    points = np.array([place for (label, _), place in landmarks.items() if label in labels])
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(values[-1] / np.sqrt(len(points)))
