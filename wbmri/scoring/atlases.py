"""A reviewed case becomes an atlas of the site."""

from pathlib import Path

from wbmri.case import Case, labels_of_record, read_case, reading_of_record
from wbmri.errors import CaseError
from wbmri.labelmap import LabelMap
from wbmri.reading import AUTO, Status
from wbmri.segmentation.site import StoredAtlas, add_atlas


def add_case(case: str | Path, folder: str | Path) -> StoredAtlas:
    """Store the scan and the outlines of a case, as its reader left them, as an atlas for the engine ``site-atlas``.

    Parameters
    ----------
    case
        Folder ``OUT/sub-X/ses-Y`` or the reading.json in it.
    folder
        The folder of atlases; made if it is missing.

    Raises
    ------
    CaseError
        If there is no complete case, or no person has seen its outlines: an engine must not learn from itself.
    InputError
        If it has no outlines.
    """
    found = read_case(case)
    labels = labels_of_record(found)
    if not _seen_by_a_person(found, labels):
        raise CaseError(
            f"{found.paths.name}, whose outlines no person has seen",
            "a case that a reader has reviewed, or that was scored with outlines of a person's own",
            "review it first, or correct its label map and score it again with --labels",
        )
    return add_atlas(folder, found.paths.name, found.volume(), labels)


def _seen_by_a_person(case: Case, labels: LabelMap) -> bool:
    reading = reading_of_record(case)
    reviewed = reading.reader != AUTO or reading.status is not Status.SCORED
    # What was mapped from another program, or filled in, has an origin; what a person brought as it is has none.
    return reviewed or (labels.engine == "labels" and not labels.origin)
