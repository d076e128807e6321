"""Reading a case: worklist, grades, corrected outlines, undo, saving and signing, without a screen."""

from wbmri.review.brush import Block, Brush, Stroke, Within
from wbmri.review.concerns import Concern, ConcernKind
from wbmri.review.decision import Decision
from wbmri.review.filling import fill_between
from wbmri.review.keys import Binding, Command, KeyMap, default_keys, load_keys
from wbmri.review.lock import Holder
from wbmri.review.masks import MaskChange
from wbmri.review.mirroring import mirror
from wbmri.review.modes import Mode, Visible, visible
from wbmri.review.opening import open_review
from wbmri.review.order import Order
from wbmri.review.place import Place
from wbmri.review.saving import Saving
from wbmri.review.session import Session
from wbmri.review.views import Change, GroupView, Totals
from wbmri.review.worklist import ReaderStatus, Worklist, WorklistRow, load_worklist

__all__ = [
    "Binding",
    "Block",
    "Brush",
    "Change",
    "Command",
    "Concern",
    "ConcernKind",
    "Decision",
    "GroupView",
    "Holder",
    "KeyMap",
    "MaskChange",
    "Mode",
    "Order",
    "Place",
    "ReaderStatus",
    "Saving",
    "Session",
    "Stroke",
    "Totals",
    "Visible",
    "Within",
    "Worklist",
    "WorklistRow",
    "default_keys",
    "fill_between",
    "load_keys",
    "load_worklist",
    "mirror",
    "open_review",
    "visible",
]
