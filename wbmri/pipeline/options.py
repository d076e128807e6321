"""How a visit is scored, besides its images: one value for command line, Python, cohort, comparison and plugin."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from wbmri import __version__
from wbmri.analysis.calibration import ControlCalibration, read_controls
from wbmri.core import InputError, Json
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.segmentation import AUTO_ENGINE, ENTRY_POINT_GROUP, engine_fingerprint, make_engine
from wbmri.segmentation.external_labels import load_mapping

Inputs = str | Path | Sequence[str | Path]
"""A DICOM folder, or one or more image files."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides the result of a visit besides its images and label maps; a case made by another one is stale.

    Parameters
    ----------
    parameters
        Engine, scheme, controls, mapping and what they rest on, files as digests of their contents.
    versions
        Versions of wbmri and, if another package offers the engine, of that package.
    """

    parameters: Mapping[str, Json]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """How visits are scored; `ScoringOptions.of` makes it from what a user names, and checks it.

    Scheme and controls are the values that their files held, so that one run scores every visit alike and the options
    go to other processes as JSON.

    Parameters
    ----------
    engine
        Name of the segmentation engine; ``labels`` where the visit brings label maps.
    labels
        Label maps of the user, instead of an automatic segmentation; several are fused.
    mapping
        Names or paths of the tables for the numbers in these label maps: one for all, or one each.
    fusion
        How several label maps become one: ``vote`` or ``staple``.
    scheme
        Muscle groups and anchors.
    series
        Keys of the series to read, instead of those that would be chosen.
    controls
        Level of normal muscle at the site, from ``wbmri calibrate controls``.
    post_contrast
        Whether a scan that was made after a contrast agent is scored all the same.
    device
        Where the engine runs its networks: ``auto``, ``cpu``, ``cuda`` or ``openvino``.
    """

    engine: str = "auto"
    labels: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    fusion: str = "vote"
    scheme: Scheme = field(default_factory=load_scheme)
    series: tuple[str, ...] = ()
    controls: ControlCalibration | None = None
    post_contrast: bool = False
    device: str = "auto"

    @classmethod
    def of(
        cls,
        engine: str = "auto",
        labels: Inputs | None = None,
        mapping: Inputs | None = None,
        fusion: str = "vote",
        scheme: Scheme | str | Path | None = None,
        series: Sequence[str] | None = None,
        controls: str | Path | None = None,
        post_contrast: bool = False,
        device: str = "auto",
    ) -> Self:
        """Return the options that a user names, with the files read.

        Parameters
        ----------
        engine, fusion, series, post_contrast, device
            As above; with label maps the engine ``auto`` is ``labels``.
        labels, mapping
            One or several paths.
        scheme
            A scheme, or its name or TOML file; the default scheme if ``None``.
        controls
            File from ``wbmri calibrate controls``.

        Raises
        ------
        InputError
            If the engine, the device, the scheme, the controls or a mapping does not exist, or cannot be used.
        CaseError
            If the file of controls holds something else.
        """
        maps, tables = _placed(labels), _placed(mapping)
        for table in tables:
            load_mapping(table)
        if maps and engine == "auto":
            engine = "labels"
        if engine != "labels":
            make_engine(engine, device)
        elif device != "auto":
            raise InputError(
                f"the device {device} with label maps of your own",
                "a device for an engine that runs networks",
                "leave --device out",
            )
        return cls(
            engine,
            maps,
            tables,
            fusion,
            scheme if isinstance(scheme, Scheme) else load_scheme() if scheme is None else load_scheme(scheme),
            tuple(series or ()),
            None if controls is None else read_controls(controls),
            post_contrast,
            device,
        )

    @property
    def engine_name(self) -> str:
        """The engine that is used, ``auto`` resolved."""
        return AUTO_ENGINE if self.engine == "auto" else self.engine

    def with_labels(self, labels: Sequence[str | Path]) -> Self:
        """Return the options for one of many visits, which brings label maps of its own or none."""
        maps = _placed(labels)
        return replace(self, engine="labels", labels=maps) if maps else replace(self, labels=(), mapping=())

    def dealt(self, visits: int) -> tuple[Self, ...]:
        """Return the options of visits that are scored one after the other, each with its share of the label maps.

        Raises
        ------
        InputError
            If the label maps cannot be dealt out evenly.
        """
        each, left = divmod(len(self.labels), max(visits, 1))
        if left or (self.labels and not visits):
            raise InputError(
                f"{len(self.labels)} label maps for {visits} visits that are scored",
                "as many for each of them, in the order of the visits",
                "repeat --labels for each visit, or leave it out",
            )
        single = len(self.mapping) == len(self.labels) > 1
        return tuple(
            replace(
                self,
                labels=self.labels[k * each : (k + 1) * each],
                mapping=self.mapping[k * each : (k + 1) * each] if single else self.mapping,
            )
            for k in range(visits)
        )

    def fingerprint(self) -> Fingerprint:
        """Return what decides a result besides scan and label maps, whose own contents belong to the input."""
        return Fingerprint(self._parameters(), self._versions())

    def _parameters(self) -> dict[str, Json]:
        decisive: dict[str, Json] = {"scheme": _digest(Scheme, self.scheme)}
        if self.engine == "labels":
            tables = [hashlib.sha256(repr(load_mapping(table)).encode()).hexdigest() for table in self.mapping]
            decisive |= {"engine": "labels", "mapping": list(tables), "fusion": self.fusion}
            if tables:
                decisive["filled_by"] = engine_fingerprint(make_engine("auto"))
        else:
            decisive |= engine_fingerprint(make_engine(self.engine, self.device))
        if self.series:
            decisive["series"] = list(self.series)
        if self.controls is not None:
            decisive["controls"] = _digest(ControlCalibration, self.controls)
        if self.post_contrast:
            decisive["post_contrast"] = True
        return decisive

    def _versions(self) -> dict[str, str]:
        found = {"wbmri": __version__}
        for point in entry_points(group=ENTRY_POINT_GROUP):
            package = point.dist
            if point.name == self.engine_name and package is not None and package.name != "wbmri":
                found[package.name] = package.version
        return found


def _digest(kind: type, value: Any) -> str:
    return hashlib.sha256(TypeAdapter(kind).dump_json(value)).hexdigest()


def _placed(files: Inputs | None) -> tuple[str, ...]:
    """Return paths with the folder they are relative to, and names as they are."""
    listed = [] if files is None else [files] if isinstance(files, str | Path) else files
    return tuple(str(Path(one).absolute()) if Path(one).is_file() else str(one) for one in listed)
