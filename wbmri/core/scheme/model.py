"""The scheme value types."""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

from wbmri.core.errors import SchemeError

_ID = re.compile(r"[a-z][a-z0-9_]*")
_COLOUR = re.compile(r"#[0-9a-f]{6}")

# Read by pydantic when a scheme file is validated: a misspelt key is an error, not a silently used default.
_STRICT: dict[str, Any] = {"extra": "forbid"}


class Side(StrEnum):
    """A side of the body, the patient's own."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class BodySegment(StrEnum):
    """The part of the body that a muscle group lies in."""

    NECK = "neck"
    TRUNK = "trunk"
    SHOULDER = "shoulder"
    UPPER_ARM = "upper arm"
    FOREARM = "forearm"
    PELVIS = "pelvis"
    THIGH = "thigh"
    LEG = "leg"

    @property
    def in_arm(self) -> bool:
        """Whether it is part of a free arm, which lies where the person puts it."""
        return self in (BodySegment.UPPER_ARM, BodySegment.FOREARM)

    @property
    def axial(self) -> bool:
        """Whether it is part of neck or trunk, which breathe, swallow and pulsate."""
        return self in (BodySegment.NECK, BodySegment.TRUNK)

    @property
    def proximal(self) -> bool:
        """Whether it is the proximal part of a limb."""
        return self in (BodySegment.UPPER_ARM, BodySegment.THIGH)

    @property
    def distal(self) -> bool:
        """Whether it is the distal part of a limb."""
        return self in (BodySegment.FOREARM, BodySegment.LEG)


@dataclass(frozen=True, slots=True)
class Code:
    """A concept in a terminology: ``FMA`` or ``SCT`` (SNOMED CT), the code and its meaning."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    terminology: Literal["FMA", "SCT"]
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Member:
    """A muscle that belongs to a group, with the codes that are known for it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A muscle group as it stands on both sides.

    Parameters
    ----------
    id
        Stable identifier, lower case with underscores.
    name
        English name for screens and reports.
    region
        Body region whose subtotal it belongs to.
    colour
        ``#rrggbb``.
    members
        The muscles it consists of.
    codes
        Codes of the group as a whole.
    segment
        Where in the body it lies. Where the scheme does not say, as none did at first, that of the pair with this id in
        ``jdm42``; ``None`` if there is no such pair, and then nothing is made of its place.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    id: str
    name: str
    region: str
    colour: str
    members: tuple[Member, ...]
    codes: tuple[Code, ...] = ()
    segment: BodySegment | None = None

    def __post_init__(self) -> None:
        if self.segment is None:
            object.__setattr__(self, "segment", _usual_segments().get(self.id))


@cache
def _usual_segments() -> dict[str, BodySegment]:
    """Return the segment of each pair of ``jdm42`` by its id."""
    content = (files("wbmri.core.scheme") / "builtin" / "jdm42.toml").read_text(encoding="utf-8")
    return {pair["id"]: BodySegment(pair["segment"]) for pair in tomllib.loads(content)["pairs"]}


@dataclass(frozen=True, slots=True)
class Group:
    """One side of a pair: what receives a label and a grade."""

    label: int
    side: Side
    pair: Pair

    @property
    def id(self) -> str:
        """Identifier ``<pair>_<left|right>``."""
        return f"{self.pair.id}_{self.side}"

    @property
    def name(self) -> str:
        """Name for screens and reports, such as ``Deltoid, left``."""
        return f"{self.pair.name}, {self.side}"

    @property
    def region(self) -> str:
        """Body region whose subtotal it belongs to."""
        return self.pair.region

    @property
    def segment(self) -> BodySegment | None:
        """Where in the body it lies; ``None`` where the scheme does not say."""
        return self.pair.segment


@dataclass(frozen=True, slots=True)
class GradingRule:
    """The numbers by which evidence becomes a grade.

    Parameters
    ----------
    involved_fraction
        A group is involved when more than this share of the muscle is oedematous.
    extensive_fraction
        From this share on the oedema is extensive: grade 2.
    extensive_includes_equal
        Whether a share of exactly `extensive_fraction` is grade 2 already.
    oedema_ratio
        Oedema is brighter than this multiple of the normal-muscle level.
    marked_ratio
        Oedema is marked, grade 2, where the median of the whole group exceeds this multiple of the normal-muscle level.
    minimum_voxels
        Groups with fewer voxels are not assessable.
    minimum_assessable_share
        The total is refused when a smaller share of the groups is assessable.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    involved_fraction: float
    extensive_fraction: float
    extensive_includes_equal: bool
    oedema_ratio: float
    marked_ratio: float
    minimum_voxels: int
    minimum_assessable_share: float

    def __post_init__(self) -> None:
        if not 0 <= self.involved_fraction < self.extensive_fraction < 1:
            raise SchemeError(
                f"involved_fraction {self.involved_fraction} and extensive_fraction {self.extensive_fraction}",
                "0 <= involved_fraction < extensive_fraction < 1",
                "correct [grading] in the scheme file",
            )
        if not 1 < self.oedema_ratio < self.marked_ratio:
            raise SchemeError(
                f"oedema_ratio {self.oedema_ratio} and marked_ratio {self.marked_ratio}",
                "1 < oedema_ratio < marked_ratio",
                "correct [grading] in the scheme file",
            )
        if self.minimum_voxels < 1 or not 0 < self.minimum_assessable_share <= 1:
            raise SchemeError(
                f"minimum_voxels {self.minimum_voxels}, minimum_assessable_share {self.minimum_assessable_share}",
                "at least 1 voxel and a share above 0 and at most 1",
                "correct [grading] in the scheme file",
            )


@dataclass(frozen=True, slots=True)
class Scheme:
    """A versioned list of muscle groups and the anchors of their grades.

    Label 2k-1 is the left and 2k the right side of pair k, counted from 1.

    Parameters
    ----------
    name
        Identifier; recorded with every reading.
    version
        Version of the list and its anchors; readings of different versions are not compared.
    title
        One line for screens and reports.
    anchors
        Wording of grade 0, 1 and 2.
    grading
        The numbers behind the anchors.
    pairs
        The muscle groups in the order of their labels.

    Examples
    --------
    >>> from wbmri.core.scheme import load_scheme
    >>> scheme = load_scheme("jdm42")
    >>> scheme.maximum, scheme.group("deltoid_left").label, scheme.opposite(9)
    (84, 9, 10)
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str
    version: str
    title: str
    anchors: tuple[str, str, str]
    grading: GradingRule
    pairs: tuple[Pair, ...]

    def __post_init__(self) -> None:
        ids = [pair.id for pair in self.pairs]
        if not 1 <= len(ids) <= 127:
            raise SchemeError(f"{len(ids)} pairs", "1 to 127 pairs, so that labels fit 8 bits", "correct [[pairs]]")
        bad = [name for name in (self.name, *ids) if not _ID.fullmatch(name)]
        if bad:
            raise SchemeError(
                f"the identifier {bad[0]!r}",
                "lower-case letters, digits and underscores",
                "rename it in the scheme",
            )
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise SchemeError(f"the pair {twice[0]!r} more than once", "each pair once", "remove or rename one of them")
        for pair in self.pairs:
            if not _COLOUR.fullmatch(pair.colour):
                raise SchemeError(
                    f"the colour {pair.colour!r} of pair {pair.id}",
                    "a colour as #rrggbb",
                    "correct it in the scheme",
                )
            if not pair.members:
                raise SchemeError(f"the pair {pair.id} without members", "at least one muscle", "name its muscles")

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, by label."""
        return tuple(self._group(label) for label in self._labels)

    @property
    def _labels(self) -> range:
        return range(1, 2 * len(self.pairs) + 1)

    def _group(self, label: int) -> Group:
        return Group(label, Side.LEFT if label % 2 else Side.RIGHT, self.pairs[(label - 1) // 2])

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in the order in which the pairs name them."""
        return tuple(dict.fromkeys(pair.region for pair in self.pairs))

    @property
    def pair_ids(self) -> tuple[str, ...]:
        """The ids of the pairs in the order of their labels: what label numbers mean, whatever the scheme is called."""
        return tuple(pair.id for pair in self.pairs)

    def pair_index(self, label: int) -> int:
        """Return the place in `pairs`, from 0, of the pair that a label belongs to."""
        return (self._known(label) - 1) // 2

    def label_of(self, pair: int, side: Side) -> int:
        """Return the label of one side of the pair at a place in `pairs`, from 0."""
        return self._known(2 * pair + (1 if side is Side.LEFT else 2))

    def opposite(self, label: int) -> int:
        """Return the label of the same pair on the other side."""
        return self.label_of(self.pair_index(label), self._group(label).side.opposite)

    def _known(self, label: int) -> int:
        if label not in self._labels:
            raise SchemeError(
                f"the label {label}",
                f"a label 1 to {2 * len(self.pairs)} of the scheme {self.name}",
                "choose a group of the scheme",
            )
        return label

    @property
    def maximum(self) -> int:
        """The highest possible total: 2 for every group."""
        return 2 * 2 * len(self.pairs)

    def group(self, key: int | str) -> Group:
        """Return the group with this label or id.

        Raises
        ------
        SchemeError
            If the scheme has no such group.
        """
        if key in self._labels:
            return self._group(int(key))
        for group in self.groups:
            if group.id == key:
                return group
        raise SchemeError(
            f"the group {key!r}",
            f"a label 1 to {2 * len(self.pairs)} or an id such as {self.pairs[0].id}_left",
            f"choose a group of the scheme {self.name}",
        )
