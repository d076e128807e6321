"""The DICOM network: results sent to an archive, studies taken from one."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.pacs.commitment import confirm_kept
    from wbmri.pacs.earlier_study import fetch_earlier
    from wbmri.pacs.followup import compare_studies, uncompared
    from wbmri.pacs.inbox import Inbox, StudyBox, StudyState
    from wbmri.pacs.listening import Duty, listen, score_study, send_results
    from wbmri.pacs.modality_worklist import PatientNumber, Scheduled, ask_worklist
    from wbmri.pacs.receiver import Receiver, Reception
    from wbmri.pacs.target import DimseTarget, Target, WebTarget, parse_target
    from wbmri.pacs.transfer import Sent, send_objects

__all__ = [
    "DimseTarget",
    "Duty",
    "Inbox",
    "PatientNumber",
    "Receiver",
    "Reception",
    "Scheduled",
    "Sent",
    "StudyBox",
    "StudyState",
    "Target",
    "WebTarget",
    "ask_worklist",
    "compare_studies",
    "confirm_kept",
    "fetch_earlier",
    "listen",
    "parse_target",
    "score_study",
    "send_objects",
    "send_results",
    "uncompared",
]

__getattr__ = lazy_names(
    __name__,
    {
        "commitment": ("confirm_kept",),
        "earlier_study": ("fetch_earlier",),
        "followup": (
            "compare_studies",
            "uncompared",
        ),
        "inbox": (
            "Inbox",
            "StudyBox",
            "StudyState",
        ),
        "listening": (
            "Duty",
            "listen",
            "score_study",
            "send_results",
        ),
        "modality_worklist": (
            "PatientNumber",
            "Scheduled",
            "ask_worklist",
        ),
        "receiver": (
            "Receiver",
            "Reception",
        ),
        "target": (
            "DimseTarget",
            "Target",
            "WebTarget",
            "parse_target",
        ),
        "transfer": (
            "Sent",
            "send_objects",
        ),
    },
)
