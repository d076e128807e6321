"""Reading a case: worklist, grades, corrected outlines, undo, saving and signing, without a screen."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.review.blinding import Mode, unblind
    from wbmri.review.concern_walk import ConcernWalk
    from wbmri.review.group_view import Change, GroupView, Totals
    from wbmri.review.history import Decision, Entry
    from wbmri.review.key_map import Command, KeyMap, default_keys, load_keys
    from wbmri.review.read_ahead import ReadAhead
    from wbmri.review.session import Session
    from wbmri.review.session_factory import open_review
    from wbmri.review.signoff_checks import SignoffIssue, SignoffIssueKind
    from wbmri.review.timing import ReadingTime, reading_times
    from wbmri.review.view_state import Order, ViewState
    from wbmri.review.worklist import Worklist, WorklistRow, load_worklist

__all__ = [
    "Change",
    "Command",
    "ConcernWalk",
    "Decision",
    "Entry",
    "GroupView",
    "KeyMap",
    "Mode",
    "Order",
    "ReadAhead",
    "ReadingTime",
    "Session",
    "SignoffIssue",
    "SignoffIssueKind",
    "Totals",
    "ViewState",
    "Worklist",
    "WorklistRow",
    "default_keys",
    "load_keys",
    "load_worklist",
    "open_review",
    "reading_times",
    "unblind",
]

__getattr__ = lazy_names(
    __name__,
    {
        "blinding": (
            "Mode",
            "unblind",
        ),
        "concern_walk": ("ConcernWalk",),
        "group_view": (
            "Change",
            "GroupView",
            "Totals",
        ),
        "history": (
            "Decision",
            "Entry",
        ),
        "key_map": (
            "Command",
            "KeyMap",
            "default_keys",
            "load_keys",
        ),
        "read_ahead": ("ReadAhead",),
        "session": ("Session",),
        "session_factory": ("open_review",),
        "signoff_checks": (
            "SignoffIssue",
            "SignoffIssueKind",
        ),
        "timing": (
            "ReadingTime",
            "reading_times",
        ),
        "view_state": (
            "Order",
            "ViewState",
        ),
        "worklist": (
            "Worklist",
            "WorklistRow",
            "load_worklist",
        ),
    },
)
