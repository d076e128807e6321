"""The engine ``site-atlas``: the reviewed cases of a site, laid over new scans and fused with what the engine finds."""

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
    from wbmri.segmentation.multi_atlas.engine import SiteAtlasEngine

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
        "engine": ("SiteAtlasEngine",),
    },
)
