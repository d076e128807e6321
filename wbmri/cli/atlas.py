"""``wbmri atlas add | list | remove``: the reviewed cases that the engine ``site-atlas`` uses."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, Typer, echo

from wbmri.cli.shared_options import AsJson

app = Typer(
    no_args_is_help=True,
    help="Keep reviewed cases as atlases for the engine site-atlas. Their folder is that of --to or --from, else that "
    "of the environment variable WBMRI_ATLASES, else ~/.wbmri/atlases.",
)

_Added = Annotated[Path | None, Option("--to", metavar="DIR", help="Folder of the atlases.", show_default=False)]
_Stored = Annotated[Path | None, Option("--from", metavar="DIR", help="Folder of the atlases.", show_default=False)]


@app.command()
def add(
    cases: Annotated[list[Path], Argument(metavar="CASE...", help="Folders of reviewed cases, OUT/sub-X/ses-Y.")],
    folder: _Added = None,
) -> None:
    """Add the scan and the outlines of reviewed cases; a scan that is there already gets the new outlines."""
    from wbmri.pipeline import add_case
    from wbmri.segmentation.multi_atlas import atlas_folder

    for case in cases:
        stored = add_case(case, atlas_folder(folder))
        echo(f"{stored.id} {stored.name}: {len(stored.signature.volume_ml)} groups, in {stored.folder}")


@app.command("list")
def list_(folder: _Stored = None, as_json: AsJson = False) -> None:
    """List the atlases."""
    from wbmri.cli.display import show_json, show_table
    from wbmri.segmentation.multi_atlas import atlas_folder, stored_atlases

    rows = [
        {
            "id": atlas.id,
            "case": atlas.name,
            "scheme": f"{atlas.scheme} {atlas.scheme_version}",
            "groups": len(atlas.signature.volume_ml),
            "muscle_ml": round(sum(atlas.signature.volume_ml.values())),
        }
        for atlas in stored_atlases(atlas_folder(folder))
    ]
    if rows:
        show_table("atlases", rows, as_json=as_json)
    elif as_json:
        show_json({"atlases": []})
    else:
        echo(f"No atlases in {atlas_folder(folder)}; add reviewed cases with 'wbmri atlas add CASE'.")


@app.command()
def remove(
    key: Annotated[str, Argument(metavar="ID", help="Id or case of an atlas, see 'wbmri atlas list'.")],
    folder: _Stored = None,
) -> None:
    """Delete an atlas; the case it was made from stays."""
    from wbmri.segmentation.multi_atlas import atlas_folder, remove_atlas

    removed = remove_atlas(atlas_folder(folder), key)
    echo(f"Removed {removed.id} {removed.name}")
