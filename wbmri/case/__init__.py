"""A case on disk: one person at one visit, as BIDS derivatives."""

from wbmri.case.dataset import find_cases, free_label, open_dataset, rebuild_tables
from wbmri.case.documents import HistoryEntry
from wbmri.case.paths import CasePaths, ChangePaths, bids_label
from wbmri.case.storage import Case, check_replaceable, read_case, write_case
from wbmri.case.transaction import write_together

__all__ = [
    "Case",
    "CasePaths",
    "ChangePaths",
    "HistoryEntry",
    "bids_label",
    "check_replaceable",
    "find_cases",
    "free_label",
    "open_dataset",
    "read_case",
    "rebuild_tables",
    "write_case",
    "write_together",
]
