"""The engine ``network``: one network finds every muscle, another draws its outline."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.network.field_of_view import FieldOfView
    from wbmri.segmentation.network.network_engine import NetworkEngine
    from wbmri.segmentation.network.preprocessing import (
        AIR,
        ANSWERS,
        BONE,
        CLASSES,
        COARSE_MM,
        CONTEXT,
        CONTEXT_LEVEL,
        CONTEXT_SIDE,
        FAT,
        FIND_TILE,
        FINDINGS,
        FINE_MM,
        LEVEL,
        OTHER,
        PAIRS,
        SHARP,
        SIDE,
        TILE_COARSE,
        TILE_FINE,
        body_level,
        brightness,
    )
    from wbmri.segmentation.network.sliding_window import EVEN, coarse_context, context_tile, cube, locate_groups
    from wbmri.segmentation.network.weights import FINDER, OUTLINER, THREADS_VARIABLE, networks, package_weights

__all__ = [
    "AIR",
    "ANSWERS",
    "BONE",
    "CLASSES",
    "COARSE_MM",
    "CONTEXT",
    "CONTEXT_LEVEL",
    "CONTEXT_SIDE",
    "EVEN",
    "FAT",
    "FINDER",
    "FINDINGS",
    "FIND_TILE",
    "FINE_MM",
    "LEVEL",
    "OTHER",
    "OUTLINER",
    "PAIRS",
    "SHARP",
    "SIDE",
    "THREADS_VARIABLE",
    "TILE_COARSE",
    "TILE_FINE",
    "FieldOfView",
    "NetworkEngine",
    "body_level",
    "brightness",
    "coarse_context",
    "context_tile",
    "cube",
    "locate_groups",
    "networks",
    "package_weights",
]

__getattr__ = lazy_names(
    __name__,
    {
        "field_of_view": ("FieldOfView",),
        "network_engine": ("NetworkEngine",),
        "preprocessing": (
            "AIR",
            "ANSWERS",
            "BONE",
            "CLASSES",
            "COARSE_MM",
            "CONTEXT",
            "CONTEXT_LEVEL",
            "CONTEXT_SIDE",
            "FAT",
            "FINDINGS",
            "FIND_TILE",
            "FINE_MM",
            "LEVEL",
            "OTHER",
            "PAIRS",
            "SHARP",
            "SIDE",
            "TILE_COARSE",
            "TILE_FINE",
            "body_level",
            "brightness",
        ),
        "sliding_window": (
            "EVEN",
            "coarse_context",
            "context_tile",
            "cube",
            "locate_groups",
        ),
        "weights": (
            "FINDER",
            "OUTLINER",
            "THREADS_VARIABLE",
            "networks",
            "package_weights",
        ),
    },
)
