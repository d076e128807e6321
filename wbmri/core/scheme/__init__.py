"""Schemes: which muscle groups are graded, and by which anchors."""

from typing import TYPE_CHECKING

from wbmri.core.lazy import lazy_names

if TYPE_CHECKING:
    from wbmri.core.scheme.model import BodySegment, GradingRule, Group, Pair, Scheme, Side
    from wbmri.core.scheme.toml import DEFAULT_SCHEME, builtin_schemes, load_scheme, parse_toml, scheme_toml

__all__ = [
    "DEFAULT_SCHEME",
    "BodySegment",
    "GradingRule",
    "Group",
    "Pair",
    "Scheme",
    "Side",
    "builtin_schemes",
    "load_scheme",
    "parse_toml",
    "scheme_toml",
]

__getattr__ = lazy_names(
    __name__,
    {
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
