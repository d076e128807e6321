"""Further atlases: the reviewed cases of a site, laid over new scans and fused with what the engine finds."""

from wbmri.segmentation.site.collection import (
    StoredAtlas,
    add_atlas,
    atlas_folder,
    remove_atlas,
    stored_atlases,
)
from wbmri.segmentation.site.engine import SiteAtlasEngine

__all__ = ["SiteAtlasEngine", "StoredAtlas", "add_atlas", "atlas_folder", "remove_atlas", "stored_atlases"]
