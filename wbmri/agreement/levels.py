"""All groups, regions and single groups, as rows of one matrix."""

import numpy as np
from numpy.typing import NDArray

from wbmri.agreement.model import Level, LevelKind
from wbmri.scheme import Scheme


def levels_of(scheme: Scheme) -> tuple[Level, ...]:
    """Return all groups, then each region, then each group."""
    groups = scheme.groups
    return (
        Level(LevelKind.ALL, "all", "All groups", tuple(group.label for group in groups)),
        *(
            Level(
                LevelKind.REGION,
                region,
                region.capitalize(),
                tuple(group.label for group in groups if group.region == region),
            )
            for region in scheme.regions
        ),
        *(Level(LevelKind.GROUP, group.id, group.name, (group.label,)) for group in groups),
    )


def membership(levels: tuple[Level, ...], scheme: Scheme) -> NDArray[np.bool_]:
    """Return which groups belong to each level, shape (levels, groups)."""
    return np.array([[group.label in level.labels for group in scheme.groups] for level in levels])
