"""The one place that writes into a dataset: files appear together with the manifest that names their digests."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from wbmri.case.dataset import dataset_files
from wbmri.case.lock import dataset_lock
from wbmri.case.manifest import Manifest, closed_files, digest_of, file_digest
from wbmri.case.paths import CasePaths, ReadingPaths
from wbmri.core import CaseError
from wbmri.io import finish_writing, write_together

Files = Sequence[tuple[Path, bytes]]

_LOCK = "manifests"
"""Held while a manifest is read and written anew, so that no two writers forget each other's files."""


def write_case_files(paths: CasePaths, files: Files, *, closing: Iterable[Path] = (), anew: bool = False) -> None:
    """Write files of a case and its manifest, all or none, in the order given.

    A case that has no manifest yet, because a former version wrote it, gets one of all its files as they are.

    Parameters
    ----------
    paths
        The case.
    files
        Destinations in the folder of the case, with their contents.
    closing
        Files that are on disk already and do not change any more, to be recorded from now on.
    anew
        Whether the case is scored anew: a damaged manifest is replaced then.

    Raises
    ------
    CaseError
        If the manifest is not as it was written.
    OSError
        If a file cannot be written, or the case has gone meanwhile; all is as before then.
    """
    with dataset_lock(paths.out, _LOCK):
        finish_writing(paths.out)
        if all(path != paths.reading for path, _ in files):
            paths.reading.stat()
        manifest = _present(paths, anew=anew)
        manifest = manifest.recording({path: file_digest(path) for path in closing})
        _write(paths.out, manifest, files)


def write_reading_files(paths: ReadingPaths, files: Files, *, closing: Iterable[Path] = ()) -> None:
    """Write files of a reading that is kept elsewhere, with a manifest of its own; see `write_case_files`."""
    manifest = Manifest.of_reading(paths)
    manifest = (manifest.read() or manifest).recording({path: file_digest(path) for path in closing})
    _write(paths.folder, manifest, files)


def write_dataset_files(out: Path, files: Files, *, about: Iterable[CasePaths] = ()) -> None:
    """Write files of OUT that belong to no case, such as its tables, and their manifest, all or none.

    Parameters
    ----------
    out
        The dataset.
    files
        Destinations below `out` with their contents.
    about
        Visits of `out` that the files were made from.

    Raises
    ------
    OSError
        If a file cannot be written, or one of the visits has gone meanwhile; all is as before then.
    """
    with dataset_lock(out, _LOCK):
        finish_writing(out)
        for paths in about:
            paths.folder.stat()
        manifest = Manifest.of_dataset(out)
        # All of it can be made again from the cases.
        with suppress(CaseError):
            manifest = manifest.read() or manifest
        _write(out, manifest, files)


def prepare_dataset(out: Path) -> None:
    """See to it that a folder is a BIDS derivatives dataset of this version."""
    files = dataset_files(out)
    try:
        recorded = Manifest.of_dataset(out).read()
    except CaseError:
        recorded = None
    if recorded is None or any(
        not path.is_file() or path.read_bytes() != content or not recorded.holds(path) for path, content in files
    ):
        write_dataset_files(out, files)


def _present(paths: CasePaths, *, anew: bool) -> Manifest:
    manifest = Manifest.of_case(paths)
    try:
        found = manifest.read()
    except CaseError:
        if not anew:
            raise
        found = None
    return found or manifest.recording({path: file_digest(path) for path in closed_files(paths) if path.is_file()})


def _write(out: Path, manifest: Manifest, files: Files) -> None:
    manifest = manifest.recording({path: digest_of(content) for path, content in files})
    write_together(out, [(manifest.path, manifest.encoded()), *files])
