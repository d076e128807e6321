"""What the program brings with it: licences of every package that it and its tests need, as their metadata say."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

EXTRAS = ("", "napari", "cluster", "parquet", "dicom", "train", "test", "dev")
"""Every way to install the program; what of it is not installed here is not judged here."""

QT = {"pyside6-essentials", "shiboken6"}
"""Under the LGPL, or under the GPL if one prefers: linked as they come, and exchangeable."""

PERMISSIVE = re.compile(
    r"\b(mit|mit-cmu|bsd|0bsd|apache|isc|iscl|psf|python software foundation|mpl|zlib|cc0|bsl-1\.0|matplotlib|hpnd)\b"
    r"|mozilla public license|bsd-\d",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(r"\b(A|L)?GPL|General Public", re.IGNORECASE)


def licence(package: Distribution) -> str:
    """Return what the metadata say: the expression, else the classifiers, else the first line of the free text."""
    said = package.metadata
    classifiers = [one.split(" :: ")[-1] for one in said.get_all("Classifier") or () if one.startswith("License")]
    free = (said.get("License") or "").strip().split("\n")[0]
    return said.get("License-Expression") or " AND ".join(classifiers) or free


def allowed(name: str, words: str) -> bool:
    """Whether a package may be needed under the licence that its metadata name."""
    if name in QT:
        return words.startswith("LGPL-3.0-only OR ")
    # Of several to choose from, or to keep together, all must be allowed, which is more than the law asks for.
    parts = [part for part in re.split(r"\s+(?:AND|OR)\s+", words) if part]
    return bool(parts) and all(PERMISSIVE.search(part) and not FORBIDDEN.search(part) for part in parts)


def required(name: str, extras: tuple[str, ...] = EXTRAS) -> Iterator[Distribution]:
    """Yield what a package requires, and what that requires, as far as it is installed."""
    waiting = [(name, extras)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        above, wanted = waiting.pop()
        try:
            package = distribution(above)
        except PackageNotFoundError:
            continue
        if not any(above == known for known, _ in seen):
            yield package
        for extra in {*wanted, ""}:
            if (above, extra) in seen:
                continue
            seen.add((above, extra))
            for line in package.requires or ():
                one = Requirement(line)
                if one.marker is None or one.marker.evaluate({"extra": extra}):
                    waiting.append((re.sub(r"[-_.]+", "-", one.name).lower(), tuple(one.extras)))


def test_nothing_needed_is_under_the_gpl_or_an_unknown_licence() -> None:
    found = {package.metadata["Name"].lower().replace("_", "-"): licence(package) for package in required("wbmri")}
    assert len(found) > 40
    assert {"numpy", "pydicom", "napari", "typer", "markdown-it-py"} <= set(found)
    del found["wbmri"]
    assert {name: words for name, words in found.items() if not allowed(name, words)} == {}


@pytest.mark.parametrize(
    "words", ["", "UNKNOWN", "GPL-3.0-only", "GNU Affero General Public License v3", "MIT AND AGPL-3.0", "Proprietary"]
)
def test_other_licences_are_not_allowed(words: str) -> None:
    assert not allowed("other", words)


def test_qt_is_allowed_under_the_lgpl_alone() -> None:
    assert allowed("shiboken6", "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only")
    assert not allowed("shiboken6", "GPL-3.0-only")
    assert not allowed("other", "LGPL-3.0-only")
