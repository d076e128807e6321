"""A case on disk: one person at one visit, as BIDS derivatives."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.case.clinical import (
        DAYS_PER_MONTH,
        ClinicalRow,
        DetectableChange,
        read_clinical,
        read_detectable_change,
        read_units,
    )
    from wbmri.case.collection import TABLES_LOCK, cases_at, find_cases, rebuild_tables
    from wbmri.case.dataset import check_dataset, encode_table, score_rows, summary_row
    from wbmri.case.documents import SCHEMA_VERSION, STRICT, HistoryEntry, ReadingDocument, decode, encode
    from wbmri.case.history_chain import Chain, completed_lines, unsealed
    from wbmri.case.lock import (
        CaseInUseError,
        CaseLock,
        Holder,
        clear_stale,
        dataset_lock,
        holder_of,
        locked_case,
        new_label,
    )
    from wbmri.case.manifest import Manifest, digest_of, file_digest
    from wbmri.case.paths import CONSENSUS, CasePaths, ChangePaths, ReadingPaths, bids_label, natural_sort_key
    from wbmri.case.recorded_files import prepare_dataset, write_case_files, write_dataset_files, write_reading_files
    from wbmri.case.signed_reading import (
        SignedReading,
        becomes_record,
        labels_of_record,
        read_reading,
        read_signed,
        reading_of_record,
        signed_of_record,
        signed_readings,
        write_signed,
    )
    from wbmri.case.storage import Case, check_replaceable, read_case, write_case
    from wbmri.case.verification import Fault, Finding, Verification, verify

__all__ = [
    "CONSENSUS",
    "DAYS_PER_MONTH",
    "SCHEMA_VERSION",
    "STRICT",
    "TABLES_LOCK",
    "Case",
    "CaseInUseError",
    "CaseLock",
    "CasePaths",
    "Chain",
    "ChangePaths",
    "ClinicalRow",
    "DetectableChange",
    "Fault",
    "Finding",
    "HistoryEntry",
    "Holder",
    "Manifest",
    "ReadingDocument",
    "ReadingPaths",
    "SignedReading",
    "Verification",
    "becomes_record",
    "bids_label",
    "cases_at",
    "check_dataset",
    "check_replaceable",
    "clear_stale",
    "completed_lines",
    "dataset_lock",
    "decode",
    "digest_of",
    "encode",
    "encode_table",
    "file_digest",
    "find_cases",
    "holder_of",
    "labels_of_record",
    "locked_case",
    "natural_sort_key",
    "new_label",
    "prepare_dataset",
    "read_case",
    "read_clinical",
    "read_detectable_change",
    "read_reading",
    "read_signed",
    "read_units",
    "reading_of_record",
    "rebuild_tables",
    "score_rows",
    "signed_of_record",
    "signed_readings",
    "summary_row",
    "unsealed",
    "verify",
    "write_case",
    "write_case_files",
    "write_dataset_files",
    "write_reading_files",
    "write_signed",
]

__getattr__ = lazy_names(
    __name__,
    {
        "clinical": (
            "DAYS_PER_MONTH",
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
        "history_chain": (
            "Chain",
            "completed_lines",
            "unsealed",
        ),
        "lock": (
            "CaseInUseError",
            "CaseLock",
            "Holder",
            "clear_stale",
            "dataset_lock",
            "holder_of",
            "locked_case",
            "new_label",
        ),
        "manifest": (
            "Manifest",
            "digest_of",
            "file_digest",
        ),
        "paths": (
            "CONSENSUS",
            "CasePaths",
            "ChangePaths",
            "ReadingPaths",
            "bids_label",
            "natural_sort_key",
        ),
        "recorded_files": (
            "prepare_dataset",
            "write_case_files",
            "write_dataset_files",
            "write_reading_files",
        ),
        "signed_reading": (
            "SignedReading",
            "becomes_record",
            "labels_of_record",
            "read_reading",
            "read_signed",
            "reading_of_record",
            "signed_of_record",
            "signed_readings",
            "write_signed",
        ),
        "storage": (
            "Case",
            "check_replaceable",
            "read_case",
            "write_case",
        ),
        "verification": (
            "Fault",
            "Finding",
            "Verification",
            "verify",
        ),
    },
)
