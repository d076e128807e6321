"""The packages of the extra ``dicom``, and what is said where they are missing."""

from wbmri.core import InputError


def require_highdicom() -> None:
    """Refuse to go on without highdicom, which writes segmentations and structured reports.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import highdicom  # noqa: F401
    except ImportError as problem:
        raise InputError(
            "an export of a segmentation or structured report without the package highdicom",
            "an installation with the extra 'dicom'",
            "install it with: pip install 'wbmri[dicom]'",
        ) from problem
