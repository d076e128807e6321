"""The body map, the table, the totals and the evidence, each as a reader sees it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from napari_wbmri.docks.layout import OVERVIEW_PX
from napari_wbmri.viewer import Mark, Standing
from napari_wbmri.widgets import BodyMap, EvidencePanel, GradeButtons, GradesTable, TotalsBar
from napari_wbmri.widgets.grades_table import LEFT, NAME, RIGHT, TEXT_PX
from napari_wbmri.widgets.style import area_of, text_of
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QFontMetrics

from wbmri.analysis.comparison import GroupChange
from wbmri.core import Reading, Reason
from wbmri.core.scheme import Scheme
from wbmri.review import Decision, GroupView, Totals


@pytest.fixture
def marks(scheme: Scheme) -> dict[int, Mark]:
    return {group.label: Mark(Standing.GIVEN, group.label % 3) for group in scheme.groups}


class TestBodyMap:
    def test_a_click_on_each_group_chooses_it(self, qtbot: object, scheme: Scheme, marks: dict[int, Mark]) -> None:
        widget = BodyMap(scheme)
        qtbot.addWidget(widget)
        widget.resize(330, 300)
        widget.show_marks(marks, 1)
        chosen: list[int] = []
        widget.chosen.connect(chosen.append)
        hits = 0
        for label in range(1, 43):
            chosen.clear()
            qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.centre_of(label).toPoint())
            hits += chosen == [label]
        # At this size a pixel can belong to a neighbour; nearly every group is hit all the same.
        assert hits >= 38

    def test_the_patients_right_is_on_the_viewers_left_in_front(self, qtbot: object, scheme: Scheme) -> None:
        widget = BodyMap(scheme)
        qtbot.addWidget(widget)
        widget.resize(1060, 940)
        right, left = scheme.group("thigh_anterior_right"), scheme.group("thigh_anterior_left")
        assert widget.centre_of(right.label).x() < widget.centre_of(left.label).x() < 530

    def test_a_group_has_the_colour_of_its_grade(self, qtbot: object, scheme: Scheme) -> None:
        widget = BodyMap(scheme)
        qtbot.addWidget(widget)
        widget.resize(1060, 940)
        group = scheme.group("thigh_anterior_left").label
        place = widget.centre_of(group).toPoint()
        around = [place + QPoint(dx, dy) for dx in range(-12, 13, 4) for dy in range(0, 40, 4)]
        for grade in (0, 1, 2):
            widget.show_marks({group: Mark(Standing.GIVEN, grade)}, 1)
            image = widget.grab().toImage()
            seen = {image.pixelColor(point).name() for point in around}
            assert area_of(grade).name() in seen
            assert not seen & {area_of(other).name() for other in range(3) if other != grade}

    def test_a_click_beside_the_body_chooses_nothing(self, qtbot: object, scheme: Scheme) -> None:
        widget = BodyMap(scheme)
        qtbot.addWidget(widget)
        widget.resize(330, 300)
        with qtbot.assertNotEmitted(widget.chosen):
            qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


class TestTable:
    def test_rows_are_pairs_with_right_before_left(self, qtbot: object, scheme: Scheme, marks: dict[int, Mark]) -> None:
        table = GradesTable(scheme)
        qtbot.addWidget(table)
        table.show_marks(marks, 5)
        model = table.grades
        assert model.rowCount() == 21
        for group in scheme.groups:
            index = model.index_of(group.label)
            assert index.column() == (RIGHT if group.side == "right" else LEFT)
            assert model.data(index) == str(group.label % 3)
            assert model.data(model.index(index.row(), NAME)) == group.pair.name

    def test_a_click_chooses_the_group(self, qtbot: object, scheme: Scheme, marks: dict[int, Mark]) -> None:
        table = GradesTable(scheme)
        qtbot.addWidget(table)
        table.resize(330, 420)
        table.show_marks(marks, 1)
        table.show()
        chosen = []
        table.chosen.connect(chosen.append)
        for label in (1, 2, 20, 41):
            place = table.visualRect(table.grades.index_of(label)).center()
            qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert chosen == [1, 2, 20, 41]

    @pytest.mark.parametrize(
        ("earlier", "later", "sign", "word"),
        [
            (1, 0, "↓", "gone"),
            (2, 1, "↓", "less"),
            (1, 1, "=", "the same"),
            (1, 2, "↑", "more"),
            (0, 1, "↑", "new"),
            (None, 1, "", "not comparable"),
        ],
    )
    def test_two_visits_stand_in_order_with_what_changed(
        self,
        qtbot: object,
        scheme: Scheme,
        earlier: int | None,
        later: int,
        sign: str,
        word: str,
    ) -> None:
        table = GradesTable(scheme)
        qtbot.addWidget(table)
        model, place = table.grades, table.grades.index_of(1)
        changes = {1: GroupChange(1, earlier, later)}
        first, second = {1: Mark(Standing.GIVEN, earlier)}, {1: Mark(Standing.GIVEN, later)}
        for mine, others, others_first in ((second, first, True), (first, second, False)):
            table.show_marks(mine, 1, others=others, others_first=others_first, changes=changes)
            assert model.data(place) == f"{'n/a' if earlier is None else earlier} → {later}"
            assert model.change(1) == (sign, word)
            assert model.data(place, Qt.ItemDataRole.ToolTipRole).endswith(f"then grade {later} ({word})")

    def test_every_name_is_readable_beside_a_second_visit(
        self,
        qtbot: object,
        scheme: Scheme,
        marks: dict[int, Mark],
    ) -> None:
        table = GradesTable(scheme)
        qtbot.addWidget(table)
        table.resize(OVERVIEW_PX - 8, 420)
        table.show()
        table.show_marks(marks, 1, others=marks)
        font = table.font()
        font.setPixelSize(TEXT_PX)
        widest = max(QFontMetrics(font).horizontalAdvance(pair.name) for pair in scheme.pairs)
        assert widest <= table.columnWidth(NAME) - 4


class TestEvidence:
    def test_the_sentence_the_numbers_and_the_suggestion_are_shown(
        self,
        qtbot: object,
        scheme: Scheme,
        make_reading: Callable[..., Reading],
    ) -> None:
        panel = EvidencePanel()
        qtbot.addWidget(panel)
        entry = replace(make_reading().groups[1], flags=("The outline reaches beyond the body.",))
        panel.show_group(GroupView(scheme.groups[1], Decision(2), entry))
        assert panel.title.text() == scheme.groups[1].name
        assert "grade 2" in panel.decision.text()
        assert "grade 2" in panel.suggestion.text()
        assert "90 %" in panel.suggestion.text()
        assert panel.why.text() == entry.explanation
        assert "75 % oedema" in panel.numbers.text()
        assert "beyond the body" in panel.flags.text()

    def test_nothing_is_given_away_where_suggestions_are_hidden(self, qtbot: object, scheme: Scheme) -> None:
        panel = EvidencePanel()
        qtbot.addWidget(panel)
        panel.show_group(GroupView(scheme.groups[1], None, None))
        panel.show()
        assert not panel.suggestion.isVisible()
        assert not panel.numbers.isVisible()
        assert "hidden" in panel.why.text()

    def test_markup_in_a_note_is_text(self, qtbot: object, scheme: Scheme) -> None:
        panel = EvidencePanel()
        qtbot.addWidget(panel)
        panel.show_group(GroupView(scheme.groups[1], Decision(1, note="<b>x</b>"), None))
        assert "&lt;b>x" in panel.decision.text()


def test_totals_say_what_is_read_and_what_the_suggestions_add(
    qtbot: object,
    make_reading: Callable[..., Reading],
) -> None:
    bar = TotalsBar()
    qtbot.addWidget(bar)
    whole = make_reading().score.whole
    none = replace(whole, total=0, involved=0, groups=0, assessable=0, grade2=0, max_assessable=0)
    bar.show_totals(Totals(none, whole, 0, 42, 84))
    assert bar.total.text().startswith("0<")
    assert f"{whole.total}/84" in bar.suggested.text()
    assert "automatic, not reviewed" in bar.suggested.text()
    bar.show_totals(Totals(none, whole, 0, 42, 84, "28 or 0"))
    assert "leave the total open: 28 or 0 of 84" in bar.suggested.text()
    assert f"{whole.total}/84" not in bar.suggested.text()
    bar.show_totals(Totals(none, None, 0, 42, 84))
    assert str(whole.total) not in bar.suggested.text()
    bar.show_totals(Totals(whole, None, 42, 42, 84))
    assert bar.total.text().startswith(f"{whole.total}<")


def _luminance(colour: QColor) -> float:
    parts = np.array(colour.getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_reasons_keep_the_names_of_the_field(qtbot: object) -> None:
    buttons = GradeButtons(("none", "mild", "marked"))
    qtbot.addWidget(buttons)
    said = [action.text() for action in buttons.menu.actions()]
    assert "Not a STIR scan" in said
    assert [one.lower() for one in said] == [reason.value.lower() for reason in Reason]


@pytest.mark.parametrize("grade", [0, 1, 2])
def test_figures_stand_out_on_their_colour(grade: int) -> None:
    """Contrast as in WCAG 2.1, success criterion 1.4.3."""
    pair = sorted([_luminance(area_of(grade)), _luminance(text_of(grade))])
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
