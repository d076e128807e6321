"""Sending DICOM objects: by C-STORE, or by STOW-RS."""

import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbmri.core import InputError, Progress, silent
from wbmri.io.dicom import files_under, is_dicom
from wbmri.pacs.target import DimseTarget, Target, WebTarget

if TYPE_CHECKING:
    from pydicom import Dataset

TOKEN = "WBMRI_DICOMWEB_TOKEN"  # noqa: S105 - the name of a variable, not a secret  # nosec B105
"""Environment variable with the bearer token that a DICOMweb service asks for."""

_WARNINGS = frozenset({0xB000, 0xB006, 0xB007})
"""Answers of an archive that stored the object, with remarks (DICOM PS3.4 B.2.3)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one object.

    Parameters
    ----------
    path
        The file.
    problem
        Why the archive does not have it; empty if it does.
    """

    path: Path
    problem: str = ""


def send_objects(paths: Sequence[str | Path], target: Target, *, progress: Progress = silent) -> tuple[Sent, ...]:
    """Send DICOM files to an archive; each is tried, whatever becomes of the others.

    Identifiers are those of the files. Objects of ``wbmri export`` have the same ones each time, so that an archive
    which gets them again holds them once.

    Parameters
    ----------
    paths
        Files, and folders of any depth.
    target
        Where to, see `wbmri.pacs.parse_target`.
    progress
        Told how far it has come.

    Returns
    -------
    tuple of Sent
        One for each DICOM file, in the order of their paths.

    Raises
    ------
    InputError
        If there is no DICOM file, the extra is not installed, or the archive cannot be reached or lets nobody in.
    """
    missing = [path for path in map(Path, paths) if not path.exists()]
    files = [path for path in files_under(map(Path, paths)) if is_dicom(path)]
    if missing or not files:
        raise InputError(
            f"{missing[0]}, which does not exist" if missing else "no DICOM file",
            "DICOM files, or folders with some, such as 'wbmri export' writes",
            "check the path",
        )
    sender = _stored(files, target) if isinstance(target, DimseTarget) else _posted(files, target)
    done = []
    for number, sent in enumerate(sender, start=1):
        progress(number / len(files), "sending")
        done.append(sent)
    return tuple(done)


def missing(package: str) -> InputError:
    """Return what is said where a package of the extra is not installed."""
    return InputError(
        f"the DICOM network without the package {package}",
        "an installation with the extra 'dicom'",
        "install it with: pip install 'wbmri[dicom]'",
    )


def _unreachable(target: str, why: str) -> InputError:
    return InputError(
        f"no connection to {target}: {why}",
        "an archive that answers and knows this program by its title",
        "check address, title and certificates with the administrator of the archive",
    )


@contextmanager
def connected(
    target: DimseTarget, offered: Sequence[tuple[str, str | None]], handlers: Sequence[Any] = ()
) -> Iterator[Any]:
    """Hold an association with an archive for as long as it is entered.

    Parameters
    ----------
    target
        The archive.
    offered
        SOP classes that are asked for, each with a transfer syntax, or ``None`` for the usual ones.
    handlers
        What is done with what the archive says unasked, as pynetdicom takes it.

    Raises
    ------
    InputError
        If the extra is not installed, or the archive cannot be reached or lets nobody in.
    """
    try:
        from pynetdicom import AE
    except ImportError as problem:
        raise missing("pynetdicom") from problem
    entity = AE(ae_title=target.calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = target.patience_s
    for kind, syntax in dict.fromkeys(offered):
        entity.add_requested_context(kind, *([] if syntax is None else [syntax]))
    where = f"{target.title} at {target.host}:{target.port}"
    try:
        socket.create_connection((target.host, target.port), target.patience_s).close()
    except OSError as problem:
        raise _unreachable(where, "it did not answer") from problem
    association = entity.associate(
        target.host, target.port, ae_title=target.title, evt_handlers=[*handlers], **_tls(target)
    )
    wire = getattr(association.dul.socket, "socket", None) if association.is_established else None
    if wire is None:
        nothing = "it takes nothing of what was offered" if association.rejected_contexts else "it did not answer"
        raise _unreachable(where, "it refused" if association.is_rejected else nothing)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()
        wire.close()  # pynetdicom leaves it open where the other side was lost


def _stored(files: Sequence[Path], target: DimseTarget) -> Iterator[Sent]:
    """Send by C-STORE, over one association."""
    from pydicom import dcmread

    headers = [dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta for path in files]
    offered = [(str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)) for meta in headers]
    with connected(target, offered) as association:
        for path in files:
            yield Sent(path, _store(association, dcmread(path)))


def _tls(target: DimseTarget) -> dict[str, Any]:
    if target.authority is None:
        return {}
    try:
        context = ssl.create_default_context(cafile=target.authority)
        if target.certificate is not None:
            context.load_cert_chain(target.certificate, target.key)
    except (ssl.SSLError, OSError) as problem:
        raise InputError(
            f"certificates that cannot be read ({problem})",
            "files with certificates and a key (PEM)",
            "check --tls-ca, --tls-cert and --tls-key",
        ) from problem
    return {"tls_args": (context, target.host)}


def _store(association: Any, found: "Dataset") -> str:
    """Send one object and say why the archive does not have it; nothing if it has."""
    try:
        answer = association.send_c_store(found)
    except (ValueError, RuntimeError) as problem:
        return f"it was not sent: {problem}"
    if "Status" not in answer:
        return "the connection was lost"
    status = int(answer.Status)
    return "" if status == 0 or status in _WARNINGS else f"the archive answered 0x{status:04X}"


def _posted(files: Sequence[Path], target: WebTarget) -> Iterator[Sent]:
    """Send by STOW-RS, one object at a time: an archive may take some and not others."""
    from pydicom import dcmread

    try:
        from dicomweb_client.api import DICOMwebClient
        from requests import RequestException
    except ImportError as problem:
        raise missing("dicomweb-client") from problem
    token = os.environ.get(TOKEN)
    client = DICOMwebClient(target.url, headers={"Authorization": f"Bearer {token}"} if token else None)
    # Whoever sends again sends the same objects: nothing is lost by giving up at once.
    client.set_http_retry_params(retry=False)
    reached = False
    for path in files:
        try:
            answer = client.store_instances([dcmread(path)])
        except RequestException as problem:
            response = getattr(problem, "response", None)
            why = type(problem).__name__ if response is None else f"it answered {response.status_code}"
            if not reached and response is None:
                raise _unreachable(target.url, why) from problem
            yield Sent(path, f"not stored: {why}")
            continue
        reached = True
        refused = answer.get("FailedSOPSequence")
        yield Sent(path, f"the archive answered {refused[0].get('FailureReason', 'no reason')}" if refused else "")
