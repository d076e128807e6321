"""The engine ``network``: one network finds every muscle, another draws its outline."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.network.channels import (
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
    from wbmri.segmentation.network.engine import NetworkEngine
    from wbmri.segmentation.network.finder import context_of, find
    from wbmri.segmentation.network.sliding_window import EVEN, context_tile, cube
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
    "NetworkEngine",
    "body_level",
    "brightness",
    "context_of",
    "context_tile",
    "cube",
    "find",
    "networks",
    "package_weights",
]

__getattr__ = lazy_names(
    __name__,
    {
        "channels": (
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
        "engine": ("NetworkEngine",),
        "finder": (
            "context_of",
            "find",
        ),
        "sliding_window": (
            "EVEN",
            "context_tile",
            "cube",
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
