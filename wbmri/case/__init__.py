"""A case on disk: one person at one visit, as BIDS derivatives."""

from wbmri.case.collection import cases_at, find_cases, free_label, rebuild_tables
from wbmri.case.dataset import check_dataset
from wbmri.case.documents import SCHEMA_VERSION, STRICT, HistoryEntry, decode, encode
from wbmri.case.paths import CasePaths, ChangePaths, ReadingPaths, bids_label
from wbmri.case.storage import Case, check_replaceable, read_case, write_case
from wbmri.case.tables import encode_table
from wbmri.case.transaction import write_together

__all__ = [
    "SCHEMA_VERSION",
    "STRICT",
    "Case",
    "CasePaths",
    "ChangePaths",
    "HistoryEntry",
    "ReadingPaths",
    "bids_label",
    "cases_at",
    "check_dataset",
    "check_replaceable",
    "decode",
    "encode",
    "encode_table",
    "find_cases",
    "free_label",
    "read_case",
    "rebuild_tables",
    "write_case",
    "write_together",
]
