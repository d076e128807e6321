"""What decides the results of a cohort besides its images: engine, scheme, mapping and versions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from wbmri import __version__
from wbmri.core import Json
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.segmentation import AUTO_ENGINE, ENTRY_POINT_GROUP, engine_fingerprint, make_engine
from wbmri.segmentation.external_labels import load_mapping


@dataclass(frozen=True, slots=True)
class Decided:
    """What decides the result of a visit besides its images.

    Parameters
    ----------
    parameters
        Engine, scheme, mapping and what they rest on, as digests.
    versions
        Versions of wbmri and, if another package offers the engine, of that package.
    """

    parameters: Mapping[str, Json]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """How every visit of a run is scored; plain text, so that it goes to other processes as JSON.

    Parameters
    ----------
    engine
        Name of the segmentation engine; visits with label maps of their own do not use it.
    scheme
        Name or path of the scheme; the default scheme if ``None``.
    mapping
        Names or paths of the tables for the numbers in label maps.
    fusion
        How several label maps become one.
    fingerprint
        What decides the engine's results, see `wbmri.segmentation.engine_fingerprint`.
    """

    engine: str = "auto"
    scheme: str | None = None
    mapping: tuple[str, ...] = ()
    fusion: str = "vote"
    fingerprint: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def checked(
        cls,
        engine: str = "auto",
        scheme: str | Path | None = None,
        mapping: Sequence[str | Path] = (),
        fusion: str = "vote",
    ) -> Self:
        """Return settings that other processes can use wherever they run.

        Raises
        ------
        InputError
            If the engine, the scheme or a mapping does not exist, or what the engine needs is missing.
        """
        made = cls(engine, _placed(scheme), tuple(str(_placed(one)) for one in mapping), fusion)
        made.load_scheme()
        for one in made.mapping:
            load_mapping(one)
        return made if engine == "labels" else replace(made, fingerprint=engine_fingerprint(make_engine(engine)))

    def load_scheme(self) -> Scheme:
        """Load the scheme."""
        return load_scheme() if self.scheme is None else load_scheme(self.scheme)

    def engine_of(self, *, given: bool) -> str:
        """Name the engine that is used for a visit with, or without, given label maps."""
        return "labels" if given else AUTO_ENGINE if self.engine == "auto" else self.engine

    def decided(self, *, given: bool) -> "Decided":
        """Return what decides a result besides the images, in a form that tells any change.

        Parameters
        ----------
        given
            Whether the visit brings label maps.
        """
        return Decided(self._parameters(given=given), self._versions(given=given))

    def _parameters(self, *, given: bool) -> dict[str, Json]:
        scheme = hashlib.sha256(TypeAdapter(Scheme).dump_json(self.load_scheme())).hexdigest()
        if not given:
            return {"scheme": scheme, **self.fingerprint}
        tables = [hashlib.sha256(repr(load_mapping(one)).encode()).hexdigest() for one in self.mapping]
        decisive: dict[str, Json] = {
            "scheme": scheme,
            "engine": "labels",
            "mapping": list(tables),
            "fusion": self.fusion,
        }
        if self.mapping:
            # What a mapped label map lacks is filled in.
            decisive["filled_by"] = engine_fingerprint(make_engine(AUTO_ENGINE))
        return decisive

    def _versions(self, *, given: bool) -> dict[str, str]:
        found = {"wbmri": __version__}
        for point in entry_points(group=ENTRY_POINT_GROUP):
            package = point.dist
            if point.name == self.engine_of(given=given) and package is not None and package.name != "wbmri":
                found[package.name] = package.version
        return found


def _placed(name: str | Path | None) -> str | None:
    """Return a path with the folder it is relative to, and a name as it is."""
    if name is None:
        return None
    return str(Path(name).absolute()) if Path(name).is_file() else str(name)
