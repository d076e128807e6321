"""``wbmri engines`` and ``wbmri schemes``: what can be chosen."""

from wbmri.cli.shared_options import AsJson


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


def schemes(as_json: AsJson = False) -> None:
    """List the grading schemes of the package."""
    from wbmri.cli.display import show_table
    from wbmri.core.scheme import builtin_schemes, load_scheme

    found = [load_scheme(name) for name in builtin_schemes()]
    rows = [
        {
            "name": scheme.name,
            "version": scheme.version,
            "groups": len(scheme.groups),
            "maximum": scheme.maximum,
            "title": scheme.title,
        }
        for scheme in found
    ]
    show_table("schemes", rows, as_json=as_json)
