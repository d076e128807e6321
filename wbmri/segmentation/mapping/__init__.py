"""From the labels of other programs to the groups of a scheme: tables, and the sides of labels that name none."""

from wbmri.segmentation.mapping.loading import builtin_mappings, load_mapping
from wbmri.segmentation.mapping.mapped import Mapped, map_labels
from wbmri.segmentation.mapping.table import Mapping

__all__ = ["Mapped", "Mapping", "builtin_mappings", "load_mapping", "map_labels"]
