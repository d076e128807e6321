"""Registration: where a place in one image lies in another."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.registration.deformable import (
        TO_ATLAS,
        Deformation,
        DemonsStage,
        demons_parameters,
        displaced,
        group_landmarks,
        least_spread_mm,
        register_atlas,
        register_demons,
        shared_labels,
        spline_places,
    )
    from wbmri.registration.lean_tissue import WORKING_MM, Lean, lean_of_volume, lean_share
    from wbmri.registration.point_map import PointMap, intensities_at, register_both_ways, register_visits
    from wbmri.registration.resample import block_means, field_of_view, linear_on_grid, nearest_on_grid

__all__ = [
    "TO_ATLAS",
    "WORKING_MM",
    "Deformation",
    "DemonsStage",
    "Lean",
    "PointMap",
    "block_means",
    "demons_parameters",
    "displaced",
    "field_of_view",
    "group_landmarks",
    "intensities_at",
    "lean_of_volume",
    "lean_share",
    "least_spread_mm",
    "linear_on_grid",
    "nearest_on_grid",
    "register_atlas",
    "register_both_ways",
    "register_demons",
    "register_visits",
    "shared_labels",
    "spline_places",
]

__getattr__ = lazy_names(
    __name__,
    {
        "deformable": (
            "Deformation",
            "DemonsStage",
            "TO_ATLAS",
            "demons_parameters",
            "displaced",
            "group_landmarks",
            "least_spread_mm",
            "register_atlas",
            "register_demons",
            "shared_labels",
            "spline_places",
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
            "block_means",
            "field_of_view",
            "linear_on_grid",
            "nearest_on_grid",
        ),
    },
)
