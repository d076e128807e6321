"""Label maps of people and of other programs, brought to the groups of a scheme."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.external_labels.label_files import (
        ExternalLabels,
        LabelFile,
        fill_missing,
        labels_from_files,
    )
    from wbmri.segmentation.external_labels.label_mapping import map_labels
    from wbmri.segmentation.external_labels.mapping_table import Mapping, builtin_mappings, load_mapping

__all__ = [
    "ExternalLabels",
    "LabelFile",
    "Mapping",
    "builtin_mappings",
    "fill_missing",
    "labels_from_files",
    "load_mapping",
    "map_labels",
]

__getattr__ = lazy_names(
    __name__,
    {
        "label_files": (
            "ExternalLabels",
            "LabelFile",
            "fill_missing",
            "labels_from_files",
        ),
        "label_mapping": ("map_labels",),
        "mapping_table": (
            "Mapping",
            "builtin_mappings",
            "load_mapping",
        ),
    },
)
