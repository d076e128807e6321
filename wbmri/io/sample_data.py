"""Where the sample scans lie: inside an installed package, or beside the package in a checkout."""

from pathlib import Path

import wbmri
from wbmri.core import InputError


def sample_images(session: str) -> list[Path]:
    """Return the image files of one visit of the sample, one per station.

    Parameters
    ----------
    session
        BIDS label of the visit, ``baseline`` or ``month6``.

    Raises
    ------
    InputError
        If the sample scans were left out of this installation.
    """
    package = Path(wbmri.__file__).parent
    for root in (package / "sample_data", package.parent / "sample_data"):
        images = sorted((root / "sub-sample" / f"ses-{session}" / "anat").glob("*.nii.gz"))
        if images:
            return images
    raise InputError(
        f"an installation without the sample scan {session!r}",
        "the folder sample_data inside or beside the package",
        "install wbmri again, or use your own scan with 'wbmri score'",
    )
