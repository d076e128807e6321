"""Storage commitment: an archive is asked whether it keeps what it took, and says so then or later."""

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wbmri.core import InputError
from wbmri.pacs.target import DimseTarget, Target
from wbmri.pacs.transfer import Sent, connected

if TYPE_CHECKING:
    from pydicom import Dataset

_PUSH_MODEL, _PUSH_INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
_REQUEST = 1
"""Action type of a request (DICOM PS3.4 J.3.2)."""
_REASONS = {
    0x0110: "it could not process it",
    0x0112: "it does not have it",
    0x0213: "it has no room",
    0x0122: "it does not keep such objects",
    0x0119: "it holds it as an object of another kind",
    0x0131: "the request was sent twice",
}


def confirm_kept(sent: Sequence[Sent], target: Target, *, port: int | None = None) -> tuple[Sent, ...]:
    """Ask an archive to keep the objects it took, and wait for its word.

    Parameters
    ----------
    sent
        What became of the objects, from `wbmri.pacs.send_objects`; it is asked for those that arrived.
    target
        The archive. It has `DimseTarget.patience_s` to answer.
    port
        Where it is listened for an archive that answers over a connection of its own, as most do; ``None`` to take the
        answer over the connection of the request alone.

    Returns
    -------
    tuple of Sent
        The same, with a problem for each object that the archive does not promise to keep.

    Raises
    ------
    InputError
        If the target is no DICOM port, it cannot be reached or knows no storage commitment, or the port is taken.
    """
    if not isinstance(target, DimseTarget):
        raise InputError(
            "storage commitment asked of a DICOMweb service",
            "TITLE@HOST:PORT, because DICOMweb has none",
            "send by C-STORE, or leave --commit out",
        )
    from pydicom import Dataset, dcmread
    from pydicom.uid import generate_uid

    request = Dataset()
    request.TransactionUID = generate_uid()
    request.ReferencedSOPSequence = []
    names: dict[str, Sent] = {}
    for one in sent:
        if not one.problem:
            meta = dcmread(one.path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta
            item = Dataset()
            item.ReferencedSOPClassUID = meta.MediaStorageSOPClassUID
            item.ReferencedSOPInstanceUID = meta.MediaStorageSOPInstanceUID
            request.ReferencedSOPSequence.append(item)
            names[str(meta.MediaStorageSOPInstanceUID)] = one
    if not names:
        return tuple(sent)
    answer = _asked(request, target, port)
    kept = {str(one.ReferencedSOPInstanceUID) for one in (answer or Dataset()).get("ReferencedSOPSequence") or []}
    failed = {
        str(one.ReferencedSOPInstanceUID): _REASONS.get(int(one.FailureReason), f"0x{int(one.FailureReason):04X}")
        for one in (answer or Dataset()).get("FailedSOPSequence") or []
    }
    silent = f"the archive said nothing within {target.patience_s:g} s" if answer is None else "it was not named"
    found = {
        one.path: Sent(one.path, f"not promised to be kept: {failed.get(uid, silent)}")
        for uid, one in names.items()
        if uid not in kept
    }
    return tuple(found.get(one.path, one) for one in sent)


def _asked(request: "Dataset", target: DimseTarget, port: int | None) -> "Dataset | None":
    """Send the request and return the archive's word on it; ``None`` where none came."""
    from pynetdicom import evt
    from pynetdicom.pdu import P_DATA_TF

    answers: queue.SimpleQueue[Dataset] = queue.SimpleQueue()
    heard: list[Dataset] = []

    def hear(event: Any) -> tuple[int, None]:
        if event.event_information.get("TransactionUID") == request.TransactionUID:
            heard.append(event.event_information)
        return 0x0000, None

    def replied(event: Any) -> None:
        # Not before the archive has its reply, for the connection is released then.
        if heard and isinstance(event.pdu, P_DATA_TF):
            answers.put(heard.pop())

    handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, hear), (evt.EVT_PDU_SENT, replied)]
    with _hearing(target, port, handlers), connected(target, [(_PUSH_MODEL, None)], handlers) as association:
        association.network_timeout = None  # silence is what is waited through
        try:
            said, _ = association.send_n_action(request, _REQUEST, _PUSH_MODEL, _PUSH_INSTANCE)
        except ValueError as problem:
            raise _unwilling(target, "it knows no storage commitment") from problem
        if said.get("Status") != 0x0000:
            raise _unwilling(target, f"it answered 0x{said.get('Status', 0xFFFF):04X}")
        try:
            return answers.get(timeout=target.patience_s)
        except queue.Empty:
            return None


def _unwilling(target: DimseTarget, why: str) -> InputError:
    return InputError(
        f"a request for storage commitment that {target.title} refused: {why}",
        "an archive that promises to keep what it took",
        "leave --commit out, or ask the administrator of the archive for the title that does",
    )


@contextmanager
def _hearing(target: DimseTarget, port: int | None, handlers: list[Any]) -> Iterator[None]:
    """Listen on a port, if one is given, for the archive's word as long as this is entered."""
    if port is None:
        yield
        return
    from pynetdicom import AE

    entity = AE(ae_title=target.calling)
    entity.require_calling_aet = [target.title]
    entity.require_called_aet = True
    # The archive connects, and is the provider of the service all the same, whether it says so or not.
    entity.add_supported_context(_PUSH_MODEL, scu_role=True, scp_role=True)
    try:
        server: Any = entity.start_server(("", port), block=False, evt_handlers=handlers)
    except OSError as problem:
        raise InputError(
            f"the port {port}, which cannot be used ({problem.strerror})",
            "a free port of this computer, which the archive knows",
            "choose another with --commit-port, or end the program that uses it",
        ) from problem
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
