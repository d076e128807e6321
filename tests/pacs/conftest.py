"""An archive that answers questions and sends; what it has, each test says."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from pydicom.uid import MRImageStorage

from wbmri.pacs import DimseTarget

Answers = Callable[[Any], Iterator[Any]]


@pytest.fixture(scope="session")
def answering() -> Callable[[Answers, Answers], AbstractContextManager[DimseTarget]]:
    """A function that starts an archive with what it answers to C-FIND and to C-MOVE, and yields where it is."""
    from pynetdicom import AE, evt

    @contextmanager
    def started(find: Answers, move: Answers) -> Iterator[DimseTarget]:
        entity = AE(ae_title="ARCHIVE")
        for kind in ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"):
            entity.add_supported_context(kind)
        entity.add_requested_context(MRImageStorage)
        handlers = [(evt.EVT_C_FIND, find), (evt.EVT_C_MOVE, move)]
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        try:
            yield DimseTarget("ARCHIVE", "127.0.0.1", server.server_address[1], patience_s=20.0)
        finally:
            server.shutdown()
            server.server_close()

    return started
