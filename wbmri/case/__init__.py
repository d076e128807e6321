"""A case on disk: one person at one visit, as BIDS derivatives."""

from wbmri.case.clinical import ClinicalRow, read_clinical, read_units
from wbmri.case.collection import cases_at, find_cases, free_label, rebuild_tables
from wbmri.case.dataset import check_dataset
from wbmri.case.detectable import DetectableChange, read_detectable_change
from wbmri.case.documents import SCHEMA_VERSION, STRICT, HistoryEntry, decode, encode
from wbmri.case.paths import CONSENSUS, CasePaths, ChangePaths, ReadingPaths, bids_label, natural
from wbmri.case.people import (
    SignedReading,
    corrected_labels,
    keep_valid,
    labels_of_record,
    note_signed,
    read_signed,
    reading_of_record,
    signed_of_record,
    signed_readings,
    write_signed,
)
from wbmri.case.storage import Case, check_replaceable, read_case, write_case
from wbmri.case.tables import encode_table
from wbmri.case.transaction import write_together

__all__ = [
    "CONSENSUS",
    "SCHEMA_VERSION",
    "STRICT",
    "Case",
    "CasePaths",
    "ChangePaths",
    "ClinicalRow",
    "DetectableChange",
    "HistoryEntry",
    "ReadingPaths",
    "SignedReading",
    "bids_label",
    "cases_at",
    "check_dataset",
    "check_replaceable",
    "corrected_labels",
    "decode",
    "encode",
    "encode_table",
    "find_cases",
    "free_label",
    "keep_valid",
    "labels_of_record",
    "natural",
    "note_signed",
    "read_case",
    "read_clinical",
    "read_detectable_change",
    "read_signed",
    "read_units",
    "reading_of_record",
    "rebuild_tables",
    "signed_of_record",
    "signed_readings",
    "write_case",
    "write_signed",
    "write_together",
]
