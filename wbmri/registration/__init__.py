"""Registration: where a place in one image lies in another."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.registration.deformable import TO_ATLAS, Deformation, register_atlas
    from wbmri.registration.demons import demons_parameters, displaced, register_demons
    from wbmri.registration.lean_tissue import WORKING_MM, Lean, lean_of_volume, lean_share
    from wbmri.registration.point_map import PointMap, intensities_at, register_both_ways, register_visits
    from wbmri.registration.resample import linear_on_grid, nearest_on_grid

__all__ = [
    "TO_ATLAS",
    "WORKING_MM",
    "Deformation",
    "Lean",
    "PointMap",
    "demons_parameters",
    "displaced",
    "intensities_at",
    "lean_of_volume",
    "lean_share",
    "linear_on_grid",
    "nearest_on_grid",
    "register_atlas",
    "register_both_ways",
    "register_demons",
    "register_visits",
]

__getattr__ = lazy_names(
    __name__,
    {
        "deformable": (
            "Deformation",
            "TO_ATLAS",
            "register_atlas",
        ),
        "demons": (
            "demons_parameters",
            "displaced",
            "register_demons",
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
            "linear_on_grid",
            "nearest_on_grid",
        ),
    },
)
