"""Taking MR images over the network by C-STORE: from those who are known, no more than fits, each kept or set aside."""

import socket
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

from wbmri.core import InputError
from wbmri.io.dicom import check_elements
from wbmri.pacs.inbox import Inbox

MR_IMAGES = tuple(f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("4", "4.1", "4.4"))
"""MR Image, Enhanced MR Image and Legacy Converted Enhanced MR Image Storage."""

_STORED, _NO_ROOM, _NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
_NEEDED = ("PatientID", "StudyInstanceUID", "SOPInstanceUID")
_IDLE_S, _GREETING_S = 60.0, 5.0
"""How long a connection may say nothing, and how long it may take to say who it is."""
_MOST_AT_ONCE = 25
_WAITING = 128
"""Connections that wait to be looked at; of more, the sender's system tries again a second later."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Where and from whom images are taken.

    Parameters
    ----------
    allowed
        Titles of those who may send; nobody else is let in.
    title
        Title of this program.
    host, port
        Address; by default only programs on this computer can reach it. Port 0 takes a free one.
    most_bytes
        Largest object; the connection of who sends more is ended.
    """

    allowed: tuple[str, ...]
    title: str = "WBMRI"
    host: str = "127.0.0.1"
    port: int = 11112
    most_bytes: int = 500_000_000

    def __post_init__(self) -> None:
        if not self.allowed:
            raise InputError(
                "a receiver that lets nobody in",
                "the titles of the archives and scanners that may send",
                "name them with --allow",
            )


class Receiver:
    """Takes images as long as it is entered.

    Parameters
    ----------
    inbox
        Where they are kept.
    reception
        From whom they are taken.

    Raises
    ------
    InputError
        If the extra ``dicom`` is not installed, or the address is taken.
    """

    def __init__(self, inbox: Inbox, reception: Reception) -> None:
        self._inbox = inbox
        self._reception = reception
        self._server: Any = None
        self._received: dict[int, int] = {}

    def __enter__(self) -> Self:
        try:
            from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
        except ImportError as problem:
            raise InputError(
                "listening without the package pynetdicom",
                "an installation with the extra 'dicom'",
                "install it with: pip install 'wbmri[dicom]'",
            ) from problem
        wanted = self._reception
        entity = AE(ae_title=wanted.title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(wanted.allowed)
        entity.maximum_associations = _MOST_AT_ONCE
        entity.acse_timeout = _GREETING_S
        entity.dimse_timeout = entity.network_timeout = _IDLE_S
        for kind in MR_IMAGES:
            entity.add_supported_context(kind, ALL_TRANSFER_SYNTAXES)
        entity.add_supported_context("1.2.840.10008.1.1")  # Verification: an administrator's first question
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_DATA_RECV, self._count),
            (evt.EVT_CONN_CLOSE, self._forget),
        ]
        try:
            self._server = entity.start_server((wanted.host, wanted.port), block=False, evt_handlers=handlers)
        except OSError as problem:
            raise InputError(
                f"the address {wanted.host}:{wanted.port}, which cannot be used ({problem.strerror})",
                "a free port of this computer",
                "choose another with --port, or end the program that uses it",
            ) from problem
        self._server.socket.listen(_WAITING)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def _count(self, event: Any) -> None:
        """End the connection of who sends more than an object has."""
        key = id(event.assoc)
        self._received[key] = self._received.get(key, 0) + len(event.data)
        if self._received[key] > self._reception.most_bytes:
            wire = event.assoc.dul.socket
            with suppress(OSError, AttributeError):  # the other side may have closed it already
                wire.socket.shutdown(socket.SHUT_RDWR)

    def _forget(self, event: Any) -> None:
        self._received.pop(id(event.assoc), None)

    def _store(self, event: Any) -> int:
        """Keep one object, or set it aside; answer for what is on the disk."""
        self._received[id(event.assoc)] = 0
        content = event.encoded_dataset()
        try:
            who = identifiers(content, str(event.request.AffectedSOPInstanceUID))
        except ValueError as problem:
            return self._aside(content, str(problem))
        if who is None:
            return _STORED
        try:
            self._inbox.keep(content, *who)
        except OSError:
            return _NO_ROOM
        return _STORED

    def _aside(self, content: bytes, why: str) -> int:
        try:
            self._inbox.set_aside(content, why)
        except OSError:
            return _NO_ROOM
        return _NOT_UNDERSTOOD


def identifiers(content: bytes, announced: str) -> tuple[str, str, str, str] | None:
    """Return the patient, study, instance and date of birth an object names; ``None`` for one of wbmri's own.

    Parameters
    ----------
    content
        A DICOM file.
    announced
        The instance that the sender announced.

    Raises
    ------
    ValueError
        If it cannot be read, or does not say whom it shows; the text says what is wrong and names nobody.
    """
    from pydicom import dcmread

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pydicom\..*")
            check_elements(BytesIO(content))
            header = dcmread(BytesIO(content), stop_before_pixels=True)
            found = tuple(str(header.get(name) or "").strip() for name in _NEEDED)
            born = str(header.get("PatientBirthDate") or "").strip()
            makers = header.get("ContributingEquipmentSequence") or []
            own = any(str(one.get("ManufacturerModelName", "")) == "wbmri" for one in makers)
    except Exception as problem:  # whatever a damaged object does to the parser, it is set aside
        raise ValueError(f"it cannot be read ({type(problem).__name__})") from problem
    missing = [name for name, value in zip(_NEEDED, found, strict=True) if not value]
    if missing:
        raise ValueError(f"it has no {' and no '.join(missing)}")
    patient, study, instance = found
    if instance != announced:
        raise ValueError("it is another object than was announced")
    return None if own else (patient, study, instance, born)
