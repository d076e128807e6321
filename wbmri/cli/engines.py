"""``wbmri engines``: the segmentation engines that can be chosen."""

from wbmri.cli.options import AsJson


def engines(as_json: AsJson = False) -> None:
    """List the segmentation engines, what each needs and the licence of its weights."""
    from wbmri.cli.display import show_table
    from wbmri.segmentation import engines as all_engines

    rows = [
        {
            "name": info.name,
            "available": info.available,
            "needs": info.needs,
            "description": info.description,
            "licence": info.licence,
        }
        for info in all_engines()
    ]
    show_table("engines", rows, as_json=as_json)
