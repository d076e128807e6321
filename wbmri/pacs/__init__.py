"""The DICOM network: objects of an export sent to an archive."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.pacs.target import DimseTarget, Target, WebTarget, parse_target
    from wbmri.pacs.transfer import Sent, send_objects

__all__ = [
    "DimseTarget",
    "Sent",
    "Target",
    "WebTarget",
    "parse_target",
    "send_objects",
]

__getattr__ = lazy_names(
    __name__,
    {
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
