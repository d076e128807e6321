"""A whole-body model made of measured figures: parts, joints, pose, shape."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.simulation.body.labelled_body import LabelledBody, measured_anatomy, read_anatomy
    from wbmri.simulation.body.parts import Parts, Points, Tissue, labels_in, measured_body, on_right, pair_numbers
    from wbmri.simulation.body.population import Body, BodyRanges, average_body, lift_arms, random_body
    from wbmri.simulation.body.pose_and_shape import Arm, Leg, Pose, Shape, with_bulk
    from wbmri.simulation.body.rendering import Rendered, grid_around, occupancies, paint
    from wbmri.simulation.body.skin_and_fat import FatLayer, joint_fluid, render
    from wbmri.simulation.body.smooth_field import SmoothField, between
    from wbmri.simulation.body.warped_body import Located, WarpedBody

__all__ = [
    "Arm",
    "Body",
    "BodyRanges",
    "FatLayer",
    "LabelledBody",
    "Leg",
    "Located",
    "Parts",
    "Points",
    "Pose",
    "Rendered",
    "Shape",
    "SmoothField",
    "Tissue",
    "WarpedBody",
    "average_body",
    "between",
    "grid_around",
    "joint_fluid",
    "labels_in",
    "lift_arms",
    "measured_anatomy",
    "measured_body",
    "occupancies",
    "on_right",
    "paint",
    "pair_numbers",
    "random_body",
    "read_anatomy",
    "render",
    "with_bulk",
]

__getattr__ = lazy_names(
    __name__,
    {
        "labelled_body": (
            "LabelledBody",
            "measured_anatomy",
            "read_anatomy",
        ),
        "parts": (
            "Parts",
            "Points",
            "Tissue",
            "labels_in",
            "measured_body",
            "on_right",
            "pair_numbers",
        ),
        "population": (
            "Body",
            "BodyRanges",
            "average_body",
            "lift_arms",
            "random_body",
        ),
        "pose_and_shape": (
            "Arm",
            "Leg",
            "Pose",
            "Shape",
            "with_bulk",
        ),
        "rendering": (
            "Rendered",
            "grid_around",
            "occupancies",
            "paint",
        ),
        "skin_and_fat": (
            "FatLayer",
            "joint_fluid",
            "render",
        ),
        "smooth_field": (
            "SmoothField",
            "between",
        ),
        "warped_body": (
            "Located",
            "WarpedBody",
        ),
    },
)
