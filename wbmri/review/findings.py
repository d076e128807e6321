"""What a reader says of a case besides the grades: marks beside the muscles, deposits of calcinosis, remarks."""

from dataclasses import replace

from wbmri.core import PLANES, Calcinosis, Deposit, DepositCourse, KeySlice, LimbPart, SoftTissue, Tissue
from wbmri.review.group_view import Change
from wbmri.review.history import Action
from wbmri.review.wayfinding import Wayfinding

_SIGN = {None: "not looked at", 0: "normal", 1: "oedema"}
_CALCINOSIS = {None: "not looked at", False: "none", True: "present"}

_SAME_SLICE = 0.5


class Findings(Wayfinding):
    """A reading with what stands beside its grades; a `Session` is one that is also graded.

    Each action raises `CaseError` where the reading is read-only or signed.
    """

    @property
    def soft_tissue(self) -> SoftTissue:
        """Fascia, subcutis and calcinosis as marked so far, with what the program suggests where that may be seen."""
        return self._draft.soft_tissue(self.visible)

    def mark(self, tissue: Tissue, part: LimbPart, value: int | None) -> Change:
        """Mark fascia or subcutis of one part of the limbs as normal, 0, oedematous, 1, or not looked at, ``None``."""
        marked = (self._draft.state.marked or SoftTissue()).with_sign(tissue, part, value)
        return self._mark(marked, f"{tissue}, {part}: {_SIGN.get(value, value)}")

    def mark_calcinosis(self, calcinosis: Calcinosis) -> Change:
        """Mark whether there is calcinosis, where, and its course since the visit before."""
        marked = replace(self._draft.state.marked or SoftTissue(), calcinosis=calcinosis)
        return self._mark(marked, f"calcinosis: {_CALCINOSIS[calcinosis.present]}")

    def mark_deposit(
        self,
        point_mm: tuple[float, float, float],
        number: int | None = None,
        course: DepositCourse | None = None,
    ) -> Change:
        """Mark a deposit of calcinosis where it is; it is present then, unless all deposits are gone.

        Parameters
        ----------
        point_mm
            Where it is, or was, in RAS mm.
        number
            That of the deposit which it is, here or at the visit before; ``None`` for another one.
        course
            What became of it since the visit before; ``None`` where it was not compared.
        """
        calcinosis = (self._draft.state.marked or SoftTissue()).calcinosis
        new = 1 + max((deposit.number for deposit in calcinosis.deposits), default=0)
        near = self._draft.outlines.nearest(point_mm)
        name = self._actions.case.reading.scheme.group(near).name if near else ""
        deposit = Deposit(number or new, point_mm, name, course)
        return self._mark_deposits(calcinosis.with_deposit(deposit), deposit.words)

    def remove_deposit(self, number: int) -> Change:
        """Take the marker of a deposit away."""
        calcinosis = (self._draft.state.marked or SoftTissue()).calcinosis
        return self._mark_deposits(calcinosis.without_deposit(number), f"no. {number} taken away")

    def _mark_deposits(self, calcinosis: Calcinosis, words: str) -> Change:
        marked = replace(self._draft.state.marked or SoftTissue(), calcinosis=calcinosis)
        return self._mark(marked, f"Calcinosis {words}")

    def remark(self, label: int | None, text: str) -> Change:
        """Say in free text what is to be said about a group, or with ``None`` about the case; empty takes it back."""
        self._actions.check_open()
        name = "the case" if label is None else self._actions.case.reading.scheme.group(label).name
        before, words = self.remark_on(label), text.strip()
        if words != before:
            self._actions.do(Action.REMARKED, label=label, remark_before=before, remark=words)
        said = f"Remark on {name}: {words}" if words else f"No remark on {name}"
        return Change(said, frozenset(() if label is None else (label,)))

    def remark_on(self, label: int | None) -> str:
        """Return what was remarked on a group, or with ``None`` on the case."""
        return self._draft.state.remarks.get(label or 0, "")

    @property
    def key_slices(self) -> tuple[KeySlice, ...]:
        """The slices chosen for the report, in the order in which they were."""
        return self._draft.state.key_slices

    def keep_slice(self, plane: str, point_mm: tuple[float, float, float]) -> Change:
        """Choose a slice for the report, or no longer if it was chosen before.

        Parameters
        ----------
        plane
            ``coronal``, ``axial`` or ``sagittal``.
        point_mm
            A point on it, in RAS mm.
        """
        self._actions.check_open()
        group = self._actions.case.reading.scheme.group(self.current)
        before, here = self.key_slices, KeySlice(plane, point_mm, group.id)
        turned, across = self._draft.outlines.volume.grid.stored_as("RAS").grid, PLANES.index(plane)

        def place(one: KeySlice) -> float:
            return float(turned.indices(one.point_mm)[across])

        same = [one for one in before if one.plane == plane and abs(place(one) - place(here)) < _SAME_SLICE]
        kept = tuple(one for one in before if one not in same) if same else (*before, here)
        self._actions.do(Action.KEPT, kept_before=before, kept=kept)
        said = f"{'No key image' if same else 'Key image'} of this {plane} slice; {len(kept)} in the report"
        return Change(said, frozenset())

    def _mark(self, marked: SoftTissue, words: str) -> Change:
        self._actions.check_open()
        before = self._draft.state.marked
        if marked != before:
            self._actions.do(Action.MARKED, marked_before=before, marked=marked)
        return Change(words, frozenset())
