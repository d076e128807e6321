"""Schemes: which muscle groups are graded, and by which anchors."""

from wbmri.scheme.loading import DEFAULT_SCHEME, builtin_schemes, load_scheme
from wbmri.scheme.model import Code, GradingRule, Group, Member, Pair, Scheme, Side
from wbmri.scheme.writing import scheme_toml

__all__ = [
    "DEFAULT_SCHEME",
    "Code",
    "GradingRule",
    "Group",
    "Member",
    "Pair",
    "Scheme",
    "Side",
    "builtin_schemes",
    "load_scheme",
    "scheme_toml",
]
