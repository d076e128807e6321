"""The engine ``site-atlas``: reviewed cases of a site, registered to new scans and fused with the engine ``auto``."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.multi_atlas.atlas_store import (
        StoredAtlas,
        add_atlas,
        atlas_folder,
        remove_atlas,
        stored_atlases,
    )
    from wbmri.segmentation.multi_atlas.site_atlas_engine import SiteAtlasEngine

__all__ = [
    "SiteAtlasEngine",
    "StoredAtlas",
    "add_atlas",
    "atlas_folder",
    "remove_atlas",
    "stored_atlases",
]

__getattr__ = lazy_names(
    __name__,
    {
        "atlas_store": (
            "StoredAtlas",
            "add_atlas",
            "atlas_folder",
            "remove_atlas",
            "stored_atlases",
        ),
        "site_atlas_engine": ("SiteAtlasEngine",),
    },
)
