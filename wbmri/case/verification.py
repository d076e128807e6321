"""Every file of every case against its manifest: what is changed, missing, foreign or mixed."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from wbmri.case.documents import MANIFEST_SINCE, HistoryEntry, decode, version_of
from wbmri.case.history_chain import Chain, completed_lines, lines_of, unsealed
from wbmri.case.manifest import Manifest, closed_files, file_digest
from wbmri.case.paths import CasePaths, ReadingPaths
from wbmri.core import CaseError, InputError, Progress, silent
from wbmri.io import finish_writing


class Fault(StrEnum):
    """What is wrong with a file."""

    CHANGED = "changed"
    """It does not hold what was written."""
    MISSING = "missing"
    FOREIGN = "foreign"
    """No manifest names it."""
    MIXED = "mixed"
    """It holds what was written for another visit, another file or at another time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as it was written.

    Parameters
    ----------
    case
        ``sub-X_ses-Y``; empty for a file of OUT that belongs to no case.
    file
        Its place below OUT.
    fault
        What is wrong.
    explanation
        The same in words.
    """

    case: str
    file: str
    fault: Fault
    explanation: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Parameters
    ----------
    cases, files
        How many were checked.
    findings
        What is wrong, by file.
    without_manifest
        Cases that a former version wrote, which had no manifests: nothing can be said of them.
    """

    cases: int
    files: int
    findings: tuple[Finding, ...]
    without_manifest: tuple[str, ...]


def verify(out: str | Path, progress: Progress = silent) -> Verification:
    """Check every file of every case of OUT, and the tables and comparisons over them, against their manifests.

    Parameters
    ----------
    out
        Folder of the cases. Nothing in it is changed, but that what a killed program began to write is finished.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If there are no cases.
    """
    out = Path(out)
    finish_writing(out)
    cases = [CasePaths(out, *_labels(folder)) for folder in sorted(out.glob("sub-*/ses-*")) if _is_case(folder)]
    if not cases:
        raise InputError(f"{out} without cases", "the folder that 'wbmri score --out' wrote", "check the path")
    checks = _Checks(out)
    # Digests are made beside each other: they take nearly all of the time, and leave the interpreter free.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(checks.of_case, cases)
        found: list[Finding] = []
        for number, of_case in enumerate(done):
            progress(number / len(cases), f"checking {cases[number].name}")
            found += of_case
    found += checks.of_dataset()
    return Verification(
        len(cases), len(checks.checked), tuple(checks.explained(found)), tuple(sorted(checks.without_manifest))
    )


def _labels(folder: Path) -> tuple[str, str]:
    return folder.parent.name, folder.name


def _is_case(folder: Path) -> bool:
    """Tell whether a folder is that of a visit that was scored, or was once."""
    try:
        paths = CasePaths(folder.parents[1], *_labels(folder))
    except InputError:
        return False
    files = {path for path in folder.rglob("*") if path.is_file()}
    return bool(files - {paths.outcome, paths.lock})


_LOOKS = 5


class _Checks:
    """Goes through the cases, and remembers which file each digest belongs to."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.checked: set[Path] = set()
        self.without_manifest: list[str] = []
        self._known: dict[str, list[str]] = {}
        self._digests: dict[str, str] = {}

    def of_case(self, paths: CasePaths) -> list[Finding]:
        """Return what is wrong with a case."""
        found = self._look(paths)
        # What is wrong is wrong twice, unless somebody was writing the case at that moment.
        for _ in range(_LOOKS if found else 0):
            busy = finish_writing(self.out)
            if busy:
                time.sleep(0.1)
            again = self._look(paths)
            if again == found and not busy:
                break
            found = again
        return found

    def _look(self, paths: CasePaths) -> list[Finding]:
        blank = Manifest.of_case(paths)
        try:
            manifest = blank.read()
        except CaseError as error:
            return [self._damaged(paths.name, paths.manifest, error)]
        except OSError as error:
            return [self._finding(paths.name, paths.manifest, Fault.CHANGED, f"it cannot be read ({error.strerror})")]
        if manifest is None:
            return self._without(paths)
        found = self._compare(paths.name, manifest)
        recorded = {manifest.root / name for name in manifest.files}
        for path in closed_files(paths):
            if path not in recorded and not self._of_elsewhere(paths, path):
                found.append(self._foreign(paths.name, path))
        wrong = {one.file for one in found}
        if self._place(paths.history) not in wrong:
            found += self._history(paths, manifest, wrong)
        for reading in ReadingPaths.begun(paths):
            found += self._of_reading(paths, reading, manifest)
        return found

    def of_dataset(self) -> list[Finding]:
        """Return what is wrong with files of OUT that belong to no case."""
        try:
            manifest = Manifest.of_dataset(self.out).read()
        except CaseError as error:
            return [self._damaged("", Manifest.of_dataset(self.out).path, error)]
        return [] if manifest is None else self._compare("", manifest)

    def explained(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """Yield findings; a file whose content was written for something else is mixed, not changed."""
        for one in sorted(found, key=lambda finding: finding.file):
            owners = self._known.get(self._digests.get(one.file, ""), [])
            if owners and one.fault in (Fault.CHANGED, Fault.FOREIGN):
                yield replace(one, fault=Fault.MIXED, explanation=f"it is {owners[0]}")
            else:
                yield one

    def _without(self, paths: CasePaths) -> list[Finding]:
        """Return what is wrong with a case that has no manifest."""
        try:
            former = (version_of(paths.reading.read_bytes()) or 0) < MANIFEST_SINCE
        except OSError:
            return [self._foreign(paths.name, path) for path in closed_files(paths) if path != paths.outcome]
        if former:
            self.without_manifest.append(paths.name)
            return []
        return [self._finding(paths.name, paths.manifest, Fault.MISSING, "without it no file can be checked")]

    def _compare(self, case: str, manifest: Manifest) -> list[Finding]:
        found = []
        for name, recorded in manifest.files.items():
            path = manifest.root / name
            self.checked.add(path)
            self._know(recorded, f"{path.name} of {case}" if case else name)
            try:
                digest = file_digest(path) if path.is_file() else None
            except OSError as error:
                found.append(self._finding(case, path, Fault.CHANGED, f"it cannot be read ({error.strerror})"))
                continue
            if digest is None:
                found.append(self._finding(case, path, Fault.MISSING, "it was written and is not there"))
            elif digest != recorded:
                self._digests[self._place(path)] = digest
                found.append(self._finding(case, path, Fault.CHANGED, "it does not hold what was written"))
        return found

    def _history(self, paths: CasePaths, manifest: Manifest, wrong: set[str]) -> list[Finding]:
        """Return the files that are not those which the history says were scored or signed."""
        try:
            lines = lines_of(paths.history.read_bytes(), paths.history)
            Chain().after_all(lines, paths.history)
            entries = [decode(HistoryEntry, unsealed(line), paths.history) for line in lines]
        except OSError:
            return [self._finding(paths.name, paths.history, Fault.MISSING, "every case has one")]
        except CaseError as error:
            return [self._damaged(paths.name, paths.history, error)]
        for entry in entries:
            for name, digest in entry.digests.items():
                self._know(
                    digest, f"{name} of {paths.name} as it was {entry.action} on {entry.when:%Y-%m-%d %H:%M} UTC"
                )
        said: Mapping[str, str] = {name: digest for entry in entries for name, digest in entry.digests.items()}
        # The reports of a case become those of the reading of record.
        files = {Path(name).name: (name, digest) for name, digest in manifest.files.items()}
        found = []
        for name, digest in said.items():
            place, recorded = files.get(name, (None, None))
            path = paths.report if place is None else manifest.root / place
            if path != paths.report and recorded != digest and self._place(path) not in wrong:
                found.append(
                    self._finding(paths.name, path, Fault.MIXED, "it is not what the history says was written")
                )
        return found

    def _of_reading(self, paths: CasePaths, reading: ReadingPaths, manifest: Manifest) -> list[Finding]:
        """Return what is wrong with a reading that no manifest of the case names: one begun, or signed elsewhere."""
        if reading.reading.is_file():
            if manifest.holds(reading.reading):
                return []
            own = Manifest.of_reading(reading)
            try:
                recorded = own.read()
            except CaseError as error:
                return [self._damaged(paths.name, own.path, error)]
            return [] if recorded is None else self._compare(paths.name, recorded)
        if not reading.history.is_file():
            return []
        self.checked.add(reading.history)
        try:
            lines, _ = completed_lines(reading.history.read_bytes(), reading.history)
            actions = [_object(line) for line in lines]
        except CaseError as error:
            return [self._damaged(paths.name, reading.history, error)]
        masks = {
            reading.mask(action["number"]): str(action["voxels"])
            for action in actions
            if action.get("voxels") is not None
        }
        return self._compare(paths.name, Manifest.of_reading(reading).recording(masks))

    def _of_elsewhere(self, paths: CasePaths, path: Path) -> bool:
        """Tell whether a file belongs to a reading that was signed elsewhere and brought its own manifest."""
        for reading in ReadingPaths.begun(paths):
            own = Manifest.of_reading(reading)
            if path == own.path:
                return True
            with suppress(CaseError, ValueError):
                recorded = own.read()
                if recorded is not None and recorded.holds(path):
                    return True
        return False

    def _foreign(self, case: str, path: Path) -> Finding:
        if path.is_file():
            with suppress(OSError):
                self._digests[self._place(path)] = file_digest(path)
        return self._finding(case, path, Fault.FOREIGN, "no manifest names it")

    def _damaged(self, case: str, path: Path, error: CaseError) -> Finding:
        return self._finding(case, path, Fault.CHANGED, error.received.replace(str(path), path.name))

    def _finding(self, case: str, path: Path, fault: Fault, explanation: str) -> Finding:
        return Finding(case, self._place(path), fault, explanation)

    def _place(self, path: Path) -> str:
        return path.relative_to(self.out).as_posix()

    def _know(self, digest: str, what: str) -> None:
        self._known.setdefault(digest, []).append(what)


def _object(line: bytes) -> dict[str, Any]:
    """Return what a line of a history holds."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # one of a former version, whose lines have no digests
        found = None
    return found if isinstance(found, dict) else {}
