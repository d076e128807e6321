"""The manifest of a case: the SHA-256 of every file as it was written, against which every opening checks."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from wbmri.case.documents import MANIFEST_SINCE, SCHEMA_VERSION, STRICT, decode, encode, version_of
from wbmri.case.history_chain import is_sealed, seal, unsealed
from wbmri.case.paths import CasePaths, ReadingPaths
from wbmri.core import CaseError

_DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    """What ``*_manifest.json`` holds, besides its own digest as its last member.

    Parameters
    ----------
    of
        Whose files they are: ``sub-X_ses-Y``, the name of a reading, or ``dataset``.
    files
        The SHA-256 of each file in hexadecimal, by its place below the folder.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    of: str
    files: Mapping[str, str]
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a folder as they were written.

    Parameters
    ----------
    path
        Where it lies.
    root
        The folder of the files.
    of
        Whose files they are.
    files
        The SHA-256 of each file in hexadecimal, by its place below the folder.
    """

    path: Path
    root: Path
    of: str
    files: Mapping[str, str]

    @classmethod
    def of_case(cls, paths: CasePaths) -> Self:
        """Return the manifest of a case, before anything is recorded."""
        return cls(paths.manifest, paths.folder, paths.name, {})

    @classmethod
    def of_reading(cls, paths: ReadingPaths) -> Self:
        """Return the manifest of a reading that is signed elsewhere, before anything is recorded."""
        return cls(paths.manifest, paths.folder, paths.manifest.name.removesuffix("_manifest.json"), {})

    @classmethod
    def of_dataset(cls, out: Path) -> Self:
        """Return the manifest of the files of OUT that belong to no case, before anything is recorded."""
        return cls(out / ".wbmri" / "manifest.json", out, _DATASET, {})

    def read(self) -> Self | None:
        """Return it as it is on disk; ``None`` if there is none.

        Raises
        ------
        CaseError
            If it is not as it was written, is that of another case, of a newer version, or names files elsewhere.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        document = decode(ManifestDocument, unsealed(content.rstrip()), self.path)
        if not is_sealed(content.rstrip()) or (version_of(content) or 0) < MANIFEST_SINCE:
            raise CaseError(f"{self.path}, which is not as it was written", "an unchanged manifest", _REMEDY)
        if document.of != self.of:
            raise CaseError(f"{self.path}, which is the manifest of {document.of}", f"that of {self.of}", _REMEDY)
        if any(Path(name).anchor or ".." in Path(name).parts for name in document.files):
            raise CaseError(f"{self.path}, which names files elsewhere", f"those below {self.root}", _REMEDY)
        return replace(self, files=document.files)

    def encoded(self) -> bytes:
        """Return it as bytes for its file."""
        return seal(encode(ManifestDocument(self.of, dict(sorted(self.files.items()))))) + b"\n"

    def place(self, path: Path) -> str:
        """Return where a file lies below the folder."""
        return path.relative_to(self.root).as_posix()

    def holds(self, path: Path) -> bool:
        """Tell whether a file is recorded."""
        return self.place(path) in self.files

    def recording(self, files: Mapping[Path, str]) -> Self:
        """Return it with the digests of more files, or of new contents."""
        return replace(self, files={**self.files, **{self.place(path): digest for path, digest in files.items()}})

    def check(self, path: Path, content: bytes | None = None) -> None:
        """Refuse a file that is not as it was written.

        Parameters
        ----------
        path
            The file.
        content
            What it holds, if that is read already.

        Raises
        ------
        CaseError
            If it is missing, was not written by wbmri, or holds something else than was written.
        """
        recorded = self.files.get(self.place(path))
        if recorded is None:
            raise CaseError(f"{path}, which {self.path.name} does not name", f"the files of {self.of} alone", _REMEDY)
        if content is None and not path.is_file():
            raise CaseError(f"{self.of} without {path.name}", "all its files", _REMEDY)
        found = file_digest(path) if content is None else digest_of(content)
        if found != recorded:
            raise CaseError(f"{path}, {whose(found, self)}", f"the file that was written for {self.of}", _REMEDY)


_REMEDY = "restore the file from a backup, or score the visit again; 'wbmri verify OUT' names all that is wrong"


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whose(digest: str, manifest: Manifest) -> str:
    """Say in words what a file is that is not the one that a manifest names.

    Parameters
    ----------
    digest
        The SHA-256 of what the file holds.
    manifest
        The manifest that names another.
    """
    own = next((name for name, one in manifest.files.items() if one == digest), None)
    if own is not None:
        return f"which holds {Path(own).name} instead"
    out = manifest.root if manifest.of == _DATASET else manifest.root.parents[1]
    for path in sorted(out.glob("sub-*/ses-*/*_manifest.json")):
        with suppress(CaseError, OSError):
            other = replace(manifest, path=path, root=path.parent, of=path.name.removesuffix("_manifest.json")).read()
            name = None if other is None else next((name for name, one in other.files.items() if one == digest), None)
            if other is not None and name is not None:
                return f"which is {Path(name).name} of {other.of}"
    return "which is not as it was written"


def manifest_of(paths: CasePaths, reading: bytes) -> Manifest | None:
    """Return the manifest of a case; ``None`` for one of a former version, which had none.

    Parameters
    ----------
    paths
        The case.
    reading
        What its reading.json holds, whose version says whether there must be one.

    Raises
    ------
    CaseError
        If it is missing or not as it was written.
    """
    manifest = Manifest.of_case(paths).read()
    if manifest is None and (version_of(reading) or 0) >= MANIFEST_SINCE:
        raise CaseError(f"{paths.name} without {paths.manifest.name}", "all files of the case", _REMEDY)
    return manifest


def open_files(paths: CasePaths) -> frozenset[Path]:
    """Return the files of a case that change until something is finished, and are recorded only then.

    These are the lock and the readings that are begun and not signed, whose lines hold together by themselves.
    """
    begun = (found for found in ReadingPaths.begun(paths) if not found.reading.is_file())
    return frozenset((paths.lock, *(path for found in begun for path in found.files)))


def closed_files(paths: CasePaths) -> tuple[Path, ...]:
    """Return all files in the folder of a case that a manifest names, or should."""
    left = {*open_files(paths), paths.manifest}
    return tuple(
        sorted(
            path
            for path in paths.folder.rglob("*")
            if path not in left and not path.name.startswith(".") and not path.is_dir()
        )
    )
