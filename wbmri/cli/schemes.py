"""``wbmri schemes``: the grading schemes that can be chosen."""

from wbmri.cli.options import AsJson


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
