"""Reading a case: worklist, grades, corrected outlines, undo, saving and signing, without a screen."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.review.history import Decision, Entry
    from wbmri.review.keys import Command, KeyMap, default_keys, load_keys
    from wbmri.review.navigation import Order, Place
    from wbmri.review.opening import open_review
    from wbmri.review.reading_mode import Mode
    from wbmri.review.session import Session
    from wbmri.review.signoff_checks import Concern, ConcernKind
    from wbmri.review.view_state import Change, GroupView, Totals
    from wbmri.review.worklist import Worklist, WorklistRow, load_worklist

__all__ = [
    "Change",
    "Command",
    "Concern",
    "ConcernKind",
    "Decision",
    "Entry",
    "GroupView",
    "KeyMap",
    "Mode",
    "Order",
    "Place",
    "Session",
    "Totals",
    "Worklist",
    "WorklistRow",
    "default_keys",
    "load_keys",
    "load_worklist",
    "open_review",
]

__getattr__ = lazy_names(
    __name__,
    {
        "history": (
            "Decision",
            "Entry",
        ),
        "keys": (
            "Command",
            "KeyMap",
            "default_keys",
            "load_keys",
        ),
        "navigation": (
            "Order",
            "Place",
        ),
        "opening": ("open_review",),
        "reading_mode": ("Mode",),
        "session": ("Session",),
        "signoff_checks": (
            "Concern",
            "ConcernKind",
        ),
        "view_state": (
            "Change",
            "GroupView",
            "Totals",
        ),
        "worklist": (
            "Worklist",
            "WorklistRow",
            "load_worklist",
        ),
    },
)
