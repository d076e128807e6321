"""Registration: where a place in one image lies in another."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.registration.demons import bend
    from wbmri.registration.landmarks import PARAMETERS, Laid, lay
    from wbmri.registration.lean_tissue import WORKING_MM, Lean, lean_of_volume, lean_share
    from wbmri.registration.point_map import PointMap, intensities_at, register_both_ways, register_visits
    from wbmri.registration.resample import as_stored, linear_on_axes, nearest_on_grid

__all__ = [
    "PARAMETERS",
    "WORKING_MM",
    "Laid",
    "Lean",
    "PointMap",
    "as_stored",
    "bend",
    "intensities_at",
    "lay",
    "lean_of_volume",
    "lean_share",
    "linear_on_axes",
    "nearest_on_grid",
    "register_both_ways",
    "register_visits",
]

__getattr__ = lazy_names(
    __name__,
    {
        "demons": ("bend",),
        "landmarks": (
            "Laid",
            "PARAMETERS",
            "lay",
        ),
        "lean_tissue": (
            "Lean",
            "WORKING_MM",
            "lean_of_volume",
            "lean_share",
        ),
        "point_map": (
            "PointMap",
            "intensities_at",
            "register_both_ways",
            "register_visits",
        ),
        "resample": (
            "as_stored",
            "linear_on_axes",
            "nearest_on_grid",
        ),
    },
)
