"""Schemes: which muscle groups are graded, and by which anchors."""

from typing import TYPE_CHECKING

from wbmri.core.lazy import lazy_names

if TYPE_CHECKING:
    from wbmri.core.scheme.coding import (
        ANATOMICAL_STRUCTURE,
        PRIVATE_CODES,
        CodedEntry,
        pair_code,
        private_code,
        rgb,
        side_code,
        side_of,
    )
    from wbmri.core.scheme.model import BodySegment, GradingRule, Group, Pair, Scheme, Side
    from wbmri.core.scheme.toml import DEFAULT_SCHEME, builtin_schemes, load_scheme, parse_toml, scheme_toml

__all__ = [
    "ANATOMICAL_STRUCTURE",
    "DEFAULT_SCHEME",
    "PRIVATE_CODES",
    "BodySegment",
    "CodedEntry",
    "GradingRule",
    "Group",
    "Pair",
    "Scheme",
    "Side",
    "builtin_schemes",
    "load_scheme",
    "pair_code",
    "parse_toml",
    "private_code",
    "rgb",
    "scheme_toml",
    "side_code",
    "side_of",
]

__getattr__ = lazy_names(
    __name__,
    {
        "coding": (
            "ANATOMICAL_STRUCTURE",
            "CodedEntry",
            "PRIVATE_CODES",
            "pair_code",
            "private_code",
            "rgb",
            "side_code",
            "side_of",
        ),
        "model": (
            "BodySegment",
            "GradingRule",
            "Group",
            "Pair",
            "Scheme",
            "Side",
        ),
        "toml": (
            "DEFAULT_SCHEME",
            "builtin_schemes",
            "load_scheme",
            "parse_toml",
            "scheme_toml",
        ),
    },
)
