"""A case on disk: one person at one visit, as BIDS derivatives."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.case.clinical import ClinicalRow, DetectableChange, read_clinical, read_detectable_change, read_units
    from wbmri.case.collection import TABLES_LOCK, cases_at, find_cases, rebuild_tables
    from wbmri.case.dataset import check_dataset, encode_table, score_rows, summary_row
    from wbmri.case.documents import SCHEMA_VERSION, STRICT, HistoryEntry, ReadingDocument, decode, encode
    from wbmri.case.lock import CaseInUseError, CaseLock, Holder, dataset_lock, holder_of, locked_case, new_label
    from wbmri.case.paths import CONSENSUS, CasePaths, ChangePaths, ReadingPaths, bids_label, natural_sort_key
    from wbmri.case.signed_reading import (
        SignedReading,
        labels_of_record,
        read_signed,
        reading_of_record,
        signed_of_record,
        signed_readings,
        update_ignore_file,
        write_signed,
    )
    from wbmri.case.storage import Case, check_replaceable, read_case, write_case

__all__ = [
    "CONSENSUS",
    "SCHEMA_VERSION",
    "STRICT",
    "TABLES_LOCK",
    "Case",
    "CaseInUseError",
    "CaseLock",
    "CasePaths",
    "ChangePaths",
    "ClinicalRow",
    "DetectableChange",
    "HistoryEntry",
    "Holder",
    "ReadingDocument",
    "ReadingPaths",
    "SignedReading",
    "bids_label",
    "cases_at",
    "check_dataset",
    "check_replaceable",
    "dataset_lock",
    "decode",
    "encode",
    "encode_table",
    "find_cases",
    "holder_of",
    "labels_of_record",
    "locked_case",
    "natural_sort_key",
    "new_label",
    "read_case",
    "read_clinical",
    "read_detectable_change",
    "read_signed",
    "read_units",
    "reading_of_record",
    "rebuild_tables",
    "score_rows",
    "signed_of_record",
    "signed_readings",
    "summary_row",
    "update_ignore_file",
    "write_case",
    "write_signed",
]

__getattr__ = lazy_names(
    __name__,
    {
        "clinical": (
            "ClinicalRow",
            "DetectableChange",
            "read_clinical",
            "read_detectable_change",
            "read_units",
        ),
        "collection": (
            "TABLES_LOCK",
            "cases_at",
            "find_cases",
            "rebuild_tables",
        ),
        "dataset": (
            "check_dataset",
            "encode_table",
            "score_rows",
            "summary_row",
        ),
        "documents": (
            "HistoryEntry",
            "ReadingDocument",
            "SCHEMA_VERSION",
            "STRICT",
            "decode",
            "encode",
        ),
        "lock": (
            "CaseInUseError",
            "CaseLock",
            "Holder",
            "dataset_lock",
            "holder_of",
            "locked_case",
            "new_label",
        ),
        "paths": (
            "CONSENSUS",
            "CasePaths",
            "ChangePaths",
            "ReadingPaths",
            "bids_label",
            "natural_sort_key",
        ),
        "signed_reading": (
            "SignedReading",
            "labels_of_record",
            "read_signed",
            "reading_of_record",
            "signed_of_record",
            "signed_readings",
            "update_ignore_file",
            "write_signed",
        ),
        "storage": (
            "Case",
            "check_replaceable",
            "read_case",
            "write_case",
        ),
    },
)
