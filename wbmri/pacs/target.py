"""Where objects are sent: an archive's DICOM port, or its DICOMweb address."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wbmri.core import InputError

_NAME = re.compile(r"[!-\[\]-~]{1,16}")
"""An application entity title: 1 to 16 printable characters without a blank or backslash."""


@dataclass(frozen=True, slots=True)
class DimseTarget:
    """An archive that takes C-STORE.

    Parameters
    ----------
    title
        Its application entity title.
    host, port
        Its address.
    calling
        The title that wbmri calls itself by; archives let in those they know.
    authority
        File (PEM) with the certificates that vouch for the archive: then TLS is used. ``None`` for no TLS.
    certificate, key
        Files (PEM) by which wbmri proves itself to an archive that asks for it.
    patience_s
        For how many seconds it may say nothing.
    """

    title: str
    host: str
    port: int
    calling: str = "WBMRI"
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    patience_s: float = 60.0


@dataclass(frozen=True, slots=True)
class WebTarget:
    """An archive that takes STOW-RS.

    Parameters
    ----------
    url
        Address of its DICOMweb service, such as ``https://archive/dicom-web``.
    """

    url: str


Target = DimseTarget | WebTarget


def parse_target(
    text: str,
    *,
    calling: str = "WBMRI",
    authority: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Target:
    """Return the target that a user names.

    Parameters
    ----------
    text
        ``TITLE@HOST:PORT`` for C-STORE, or an address that begins with ``http://`` or ``https://`` for STOW-RS.
    calling, authority, certificate, key
        See `DimseTarget`.

    Raises
    ------
    InputError
        If it is neither, a title is none, or a file is missing.

    Examples
    --------
    >>> parse_target("ORTHANC@localhost:4242").port
    4242
    >>> parse_target("https://archive.example/dicom-web").url
    'https://archive.example/dicom-web'
    """
    for path in (authority, certificate, key):
        if path is not None and not path.is_file():
            raise InputError(f"{path}, which is no file", "a file with certificates or a key (PEM)", "check the path")
    if (certificate is None) != (key is None):
        raise InputError("a certificate without its key, or the other way round", "both, or neither", "name both files")
    if re.match("https?://", text):
        address = urlsplit(text)
        if not address.hostname or address.username is not None or address.query or address.fragment:
            raise _unusable(text)
        return WebTarget(text.rstrip("/"))
    found = re.fullmatch(r"(?P<title>[^@]+)@(?P<host>[^@:\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})", text)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise _unusable(text)
    for title in (found["title"], calling):
        if not _NAME.fullmatch(title):
            raise InputError(
                f"the application entity title {title!r}",
                "1 to 16 printable characters without blanks",
                "ask the administrator of the archive for it",
            )
    host = found["host"].strip("[]")
    return DimseTarget(found["title"], host, int(found["port"]), calling, authority, certificate, key)


def _unusable(text: str) -> InputError:
    return InputError(
        f"the target {text!r}",
        "TITLE@HOST:PORT, or the http(s) address of a DICOMweb service without a password in it",
        "ask the administrator of the archive for title, host and port",
    )
