"""What a segmentation engine is, and where engines are found."""

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from wbmri.core import InputError, LabelMap, Progress, Volume
from wbmri.core.scheme import Scheme

ENTRY_POINT_GROUP = "wbmri.engines"
AUTO_ENGINE = "network"
"""The engine that ``auto`` stands for."""


@runtime_checkable
class Engine(Protocol):
    """Finds muscle groups in a volume.

    A package offers its own engine as an entry point of the group ``wbmri.engines`` whose value is a callable without
    arguments that returns one; the name of the entry point is the engine's name.

    Attributes
    ----------
    name
        What the user calls it.
    description
        One line for ``wbmri engines``.
    needs
        What must be there for it to run and is not; empty if nothing is missing.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def description(self) -> str: ...  # noqa: D102

    @property
    def needs(self) -> str: ...  # noqa: D102

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups of the scheme on the volume's grid, with a confidence for each.

        Raises
        ------
        InputError
            If the engine does not know the scheme, or finds no body in the volume.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """An engine as ``wbmri engines`` lists it."""

    name: str
    description: str
    available: bool
    needs: str


def engines() -> tuple[EngineInfo, ...]:
    """List every engine that is installed, by name."""
    listed = [(name, make_engine(name)) for name in sorted(_names())]
    infos = [EngineInfo(name, engine.description, not engine.needs, engine.needs) for name, engine in listed]
    return (*infos, EngineInfo("labels", "a label map of your own, resampled and checked", True, "--labels FILE"))


def make_engine(name: str) -> Engine:
    """Return the engine of this name; ``auto`` is the best one that needs nothing more.

    Raises
    ------
    InputError
        If no engine has this name, or what it needs is missing.
    """
    wanted = AUTO_ENGINE if name == "auto" else name
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == wanted:
            engine = point.load()()
            if not isinstance(engine, Engine):
                raise InputError(
                    f"the engine {name!r} from {point.value}",
                    "an object with name, description, needs and segment",
                    "update or remove the package that offers it",
                )
            return engine
    raise InputError(
        f"the engine {name!r}",
        f"one of auto, {', '.join(sorted(_names()))}, labels",
        "see 'wbmri engines'",
    )


def _names() -> set[str]:
    return {point.name for point in entry_points(group=ENTRY_POINT_GROUP)}
