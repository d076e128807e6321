"""The house keeps to its plan: rooms with one door each, no circles, one place for geometry, provenance only written.

The layers themselves stand in pyproject.toml and are checked by import-linter.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 400


def _name(path: Path) -> str:
    parts = [part for part in path.relative_to(ROOT).with_suffix("").parts if part != "plugins"]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for place in ("wbmri", "plugins") for path in sorted((ROOT / place).rglob("*.py"))}
PACKAGES = frozenset(name for name, path in MODULES.items() if path.name == "__init__.py")


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


@cache
def _behind(package: str) -> dict[str, str]:
    """Return the module behind each name that a package's door hands on."""
    calls = (node for node in ast.walk(_tree(package)) if isinstance(node, ast.Call))
    lazily = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "lazy_names"]
    return {
        handed: f"{package}.{home}"
        for call in lazily
        for home, names in ast.literal_eval(call.args[1]).items()
        for handed in names
    }


def _imports(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each import of the project's own."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name in MODULES)


def _origin(module: str, name: str) -> str:
    while module in PACKAGES and name in _behind(module):
        module = _behind(module)[name]
    return f"{module}.{name}" if f"{module}.{name}" in MODULES else module


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_too_long_to_be_read_at_once(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", MODULES)
def test_what_another_package_holds_is_taken_through_its_door(name: str) -> None:
    past = []
    for module, taken in _imports(ast.walk(_tree(name))):
        package = module if module in PACKAGES else module.rpartition(".")[0]
        inside = name == package or name.startswith(f"{package}.")
        if module not in PACKAGES and not inside and package not in ("wbmri", "napari_wbmri"):
            past.append(f"{module}: {taken}")
    assert not past


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_door_hands_on_a_name_that_one_of_its_modules_has(package: str) -> None:
    # Once it is loaded, the module would stand where the name is looked for.
    assert not [name for name in _behind(package) if f"{package}.{name}" in MODULES]


def test_no_module_needs_itself_to_be_loaded() -> None:
    graph = {}
    for name in MODULES:
        origins = {_origin(*one) for one in _imports(_tree(name).body)}
        # A module may name the package it lies in: that is loaded before it, and asks for nothing by itself.
        graph[name] = {one for one in origins if one != name and not name.startswith(f"{one}.")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    "name", [name for name in MODULES if not name.startswith(("wbmri.registration", "wbmri.core.grid"))]
)
def test_geometry_is_done_by_grids_alone(name: str) -> None:
    text = MODULES[name].read_text("utf-8")
    assert not re.findall(r"affine\[.*|linalg\.inv\(.*affine.*|affine @.*|@ .*\.affine\b.*", text)


# A report prints every step whole, and files of earlier versions are brought up to date.
@pytest.mark.parametrize("name", sorted(set(MODULES) - {"wbmri.case.documents", "wbmri.report.page"}))
def test_provenance_is_written_and_never_read(name: str) -> None:
    assert not re.findall(r"\bstep\.parameters\b.*|\.parameters(?:\[|\.get\().*", MODULES[name].read_text("utf-8"))
