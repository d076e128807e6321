"""What a segmentation engine is, and where engines are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from wbmri.core import InputError, Json, LabelMap, Progress, Volume, in_words
from wbmri.core.scheme import Scheme

ENTRY_POINT_GROUP = "wbmri.engines"
AUTO_ENGINE = "network"
"""The engine that ``auto`` stands for."""


@runtime_checkable
class Engine(Protocol):
    """Finds muscle groups in a volume.

    A package offers its own engine as an entry point of the group ``wbmri.engines`` whose value is a callable without
    arguments that returns one; the name of the entry point is the engine's name. Two more attributes are read where
    an engine has them: `fingerprint`, a mapping that JSON can hold of what decides its results besides the scan and
    the version of its package (checksums of weights, atlases, the engines it uses), so that a finished case is known
    to be stale; and `licence`, that of its weights, for ``wbmri engines``.

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


@runtime_checkable
class DeviceEngine(Engine, Protocol):
    """An engine that runs on the device that a user names.

    Attributes
    ----------
    device
        ``auto``, or the name of a device; set by `make_engine`.
    """

    device: str


def engine_fingerprint(engine: Engine) -> dict[str, Json]:
    """Return what decides the results of an engine: its name, and what it says of itself in `fingerprint`."""
    own: Mapping[str, Json] = getattr(engine, "fingerprint", {})
    return {"engine": engine.name, **own}


def engine_licence(engine: Engine) -> str:
    """Return the licence of an engine's weights; empty if it has no weights, or does not say."""
    licence: str = getattr(engine, "licence", "")
    return licence


def check_pairs(scheme: Scheme, known: Scheme, user: str) -> None:
    """Refuse a scheme whose labels do not mean what the ones that somebody knows mean, whatever either is called.

    Parameters
    ----------
    scheme
        The scheme that is asked for.
    known
        The one whose labels are known.
    user
        Who knows it, for the message.

    Raises
    ------
    InputError
        If the pairs are others, or stand in another order.
    """
    if scheme.pair_ids == known.pair_ids:
        return
    unknown = sorted(set(scheme.pair_ids) - set(known.pair_ids))
    said = f"{len(scheme.pairs)} pairs of muscle groups"
    if unknown:
        said += f", among them {unknown[0]},"
    elif len(scheme.pairs) == len(known.pairs):
        said += " in another order"
    raise InputError(
        f"the scheme {scheme.name} with {said} for {user}",
        f"the {len(known.pairs)} pairs of {known.name} in their order",
        "use --labels with a label map of that scheme",
    )


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """An engine as ``wbmri engines`` lists it."""

    name: str
    description: str
    available: bool
    needs: str
    licence: str = ""


def engines() -> tuple[EngineInfo, ...]:
    """List every engine that is installed, by name; one that cannot be loaded is not available, and says why."""
    listed = [_info(point) for _, point in sorted(_entry_points().items())]
    return (*listed, EngineInfo("labels", "a label map of your own, resampled and checked", True, "--labels FILE"))


def make_engine(name: str, device: str = "auto") -> Engine:
    """Return the engine of this name; ``auto`` is the best one that needs nothing more.

    Parameters
    ----------
    name
        The engine.
    device
        Where it runs its networks: ``auto``, or a device for an engine that has the attribute `device`.

    Raises
    ------
    InputError
        If no engine has this name, it cannot be loaded, what it needs is missing, or it does not run on the device.
    """
    points = _entry_points()
    point = points.get(AUTO_ENGINE if name == "auto" else name)
    if point is None:
        raise InputError(
            f"the engine {name!r}",
            f"one of auto, {', '.join(sorted(points))}, labels",
            "see 'wbmri engines'",
        )
    engine = _load(point)
    if engine.needs:
        raise InputError(
            f"the engine {name!r} without what it needs: {engine.needs}",
            "all that an engine needs",
            "provide that, or choose another engine, see 'wbmri engines'",
        )
    if device != "auto":
        if not isinstance(engine, DeviceEngine):
            raise InputError(
                f"the device {device} for the engine {engine.name!r}",
                f"auto, or the engine {AUTO_ENGINE!r}, whose networks run on a device of your choice",
                "leave --device out",
            )
        engine.device = device
        engine_fingerprint(engine)  # which device is meant, where it is one
    return engine


def _entry_points() -> dict[str, EntryPoint]:
    """Return the entry points by name; where two packages offer one name, the first that is found."""
    return {point.name: point for point in reversed(list(entry_points(group=ENTRY_POINT_GROUP)))}


def _load(point: EntryPoint) -> Engine:
    fix = "update or remove the package that offers it"
    try:
        engine = point.load()()
        complete = isinstance(engine, Engine) and all(
            isinstance(text, str) for text in (engine.name, engine.description, engine.needs, engine_licence(engine))
        )
    # A package of somebody else may fail in any way.
    except Exception as error:
        raise InputError(
            f"the engine {point.name!r} from {point.value}, which cannot be loaded ({in_words(error)})",
            "an engine that can be made",
            fix,
        ) from error
    if not complete:
        raise InputError(
            f"the engine {point.name!r} from {point.value}",
            "an object with the texts name, description and needs and the method segment",
            fix,
        )
    made: Engine = engine
    return made


def _info(point: EntryPoint) -> EngineInfo:
    try:
        engine = _load(point)
    except InputError as error:
        return EngineInfo(point.name, error.received, False, error.remedy)
    return EngineInfo(point.name, engine.description, not engine.needs, engine.needs, engine_licence(engine))
