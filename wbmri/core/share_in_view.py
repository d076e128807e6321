"""When a group that the field of view cuts is graded: one rule for both sides of a pair."""

from collections.abc import Mapping

from wbmri.core.scheme import Scheme

ENOUGH_IN_VIEW = 0.5
"""A group of which less is in view is not graded."""
_ALIKE = 0.25
"""Sides whose shares differ by no more are judged alike: nobody knows a share better than that."""
WHOLE_IN_VIEW = 0.95
"""From this share on a group counts as whole."""


def judged_share(shares: Mapping[int, float], label: int, scheme: Scheme) -> float:
    """Return the share by which a group is judged: its own, or the mean of both sides where they are nearly alike.

    Parameters
    ----------
    shares
        Label to the share of the group that lies in the field of view, 0..1.
    label
        The group.
    scheme
        Its groups.

    Examples
    --------
    >>> from wbmri.core.scheme import load_scheme
    >>> shares = {31: 0.55, 32: 0.45, 33: 1.0, 34: 0.3}
    >>> [round(judged_share(shares, label, load_scheme()), 2) for label in shares]
    [0.5, 0.5, 1.0, 0.3]
    """
    own = shares[label]
    other = shares.get(scheme.opposite(label), own)
    # Rounded, so that 0.55 and 0.45 are half.
    return round((own + other) / 2, 6) if abs(own - other) <= _ALIKE else own
