"""A comparison as DICOM objects: of the right study, with both visits, valid, and read back whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom import dcmread

import wbmri
from wbmri.analysis.comparison import (
    ChangeDocument,
    ChangeRow,
    CoursePoint,
    SoftTissueChange,
    SubtotalChange,
    VisitInterval,
    compare,
)
from wbmri.case import Case, ChangePaths, DetectableChange, decode, encode
from wbmri.core import Calcinosis, CaseError, Grid, InputError, Reading, SoftTissue
from wbmri.core.scheme import Side
from wbmri.export.dicom import encoded, read_comparison
from wbmri.pacs import Inbox, compare_studies, followup, uncompared
from wbmri.pipeline import ExportedComparison, export_case, export_comparison

MakeCase = Callable[..., Case]
CheckDicom = Callable[[Path], list[str]]

PAGES = b"%PDF-1.4 the pages of the comparison"


def written(out: Path, before: Case, after: Case, **more: object) -> Path:
    """Write the comparison of two cases as 'wbmri compare' does, but for its pictures; return its JSON file."""
    change = compare(before.reading, after.reading)
    document = ChangeDocument(
        participant=before.participant,
        baseline=before.session,
        followup=after.session,
        before=change.before,
        after=change.after,
        delta=change.delta,
        delta_percent=change.delta_percent,
        transitions=change.transitions,
        groups=tuple(
            ChangeRow(
                group.label,
                group.id,
                group.side,
                group.region,
                one.baseline,
                one.followup,
                one.delta,
                one.transition,
                0.8,
            )
            for group, one in change.by_group()
        ),
        cautions=("ses-before: look at both scans.",),
        regions={name: SubtotalChange(*change.of_region(name)) for name in before.reading.scheme.regions},
        sides={side: SubtotalChange(*change.of_side(side)) for side in Side},
        unreviewed=(f"ses-{before.session}", f"ses-{after.session}"),
        detectable=DetectableChange("jdm42 1.0.0", 84, 7.2, 4.7, "SDC", 20, ("ab", "cd")),
        beyond_detectable=True,
        interval=VisitInterval(6.0, "as stated"),
        course=(CoursePoint("before", 0.0, change.before, {"cmas": 28.0}, "prednisone of Dr Schiwago"),),
        soft_tissue=SoftTissueChange.between(
            None, SoftTissue(calcinosis=Calcinosis(present=True, places=("elbow of Xenia",)))
        ),
    )
    paths = ChangePaths(out, before.participant, before.session, after.session)
    paths.document.write_bytes(encode(replace(document, **more)))
    paths.print.write_bytes(PAGES)
    return paths.document


Visits = tuple[Case, Case]


@pytest.fixture(scope="module")
def make_visits(coronal: Grid, make_case: MakeCase, make_reading: Callable[..., Reading]) -> Callable[[Path], Visits]:
    """Write two visits of a person: 22 points, then others in 41 groups."""
    graded = make_reading(lambda label: None if label == 42 else int(label % 2 or label == 2))
    healed = make_reading(lambda label: {3: 0, 42: None}.get(label, int(label % 2) if label < 40 else 2))

    def make(out: Path) -> Visits:
        return make_case(out, coronal, graded, session="before"), make_case(out, coronal, healed, session="after")

    return make


@pytest.fixture
def visits(make_visits: Callable[[Path], Visits], tmp_path: Path) -> Visits:
    return make_visits(tmp_path / "OUT")


@pytest.fixture(scope="module")
def made(
    make_visits: Callable[[Path], Visits], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Visits, ExportedComparison]:
    """Two visits and the objects of their comparison; not to be changed."""
    folder = tmp_path_factory.mktemp("change")
    both = make_visits(folder / "OUT")
    return both, export_comparison(written(folder / "OUT", *both).parent, folder / "dicom")


def groups(path: Path) -> Iterator[tuple[str, dict[str, float], dict[str, str]]]:
    """Yield the identifier, numbers and answers of each measurement group, as highdicom finds them."""
    from highdicom.sr import srread

    for group in srread(path).content.get_image_measurement_groups():
        yield (
            group.tracking_identifier,
            {one.name.value: float(one.value) for one in group.get_measurements()},
            {one.name.value: one.value.meaning for one in group.get_qualitative_evaluations()},
        )


def test_both_visits_and_every_change_are_in_the_report(
    made: tuple[Visits, ExportedComparison], check_dicom: CheckDicom
) -> None:
    visits, files = made[0], made[1].files
    assert [path.name for path in files] == [
        "sub-07_from-before_to-after_change_sr.dcm", "sub-07_from-before_to-after_change_pdf.dcm",
    ]  # fmt: skip
    assert all(check_dicom(path) == [] for path in files)
    said = {name: (numbers, words) for name, numbers, words in groups(files[0])}
    change = compare(visits[0].reading, visits[1].reading)
    for group, one in change.by_group():
        numbers, words = said[group.id]
        assert (numbers.get("grade_1"), numbers.get("grade_2"), numbers.get("change")) == (
            one.baseline, one.followup, one.delta,
        )  # fmt: skip
        assert words["transition"] == one.transition
    whole, judged = said["whole"]
    assert (whole["total_1"], whole["total_2"], whole["change"]) == (
        change.before.total,
        change.after.total,
        change.delta,
    )
    assert (whole["detectable"], judged["beyond_detect"]) == (7.2, "Yes")
    assert said["leg"][0]["involved_2"] == change.of_region("leg")[1].involved
    assert said["left side"][0]["total_1"] == change.of_side(Side.LEFT)[0].total
    report, pages = map(dcmread, files)
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == (
        "PARTIAL", "UNVERIFIED", "PRELIMINARY",
    )  # fmt: skip
    assert pages.EncapsulatedDocument.rstrip(b"\0") == PAGES
    assert report.StudyInstanceUID == pages.StudyInstanceUID
    assert report.SeriesInstanceUID != pages.SeriesInstanceUID


def test_the_report_refers_to_the_images_of_both_visits(
    made: tuple[Visits, ExportedComparison], tmp_path: Path
) -> None:
    report = dcmread(made[1].files[0])
    series = []
    for case in made[0]:
        images = [dcmread(path) for path in export_case(case.paths.folder, tmp_path / case.session, to=["mr"]).files]
        series.append((images[0].StudyInstanceUID, {one.SOPInstanceUID for one in images}))
    evidence = [*report.CurrentRequestedProcedureEvidenceSequence, *report.PertinentOtherEvidenceSequence]
    found = [
        (
            one.StudyInstanceUID,
            {image.ReferencedSOPInstanceUID for image in one.ReferencedSeriesSequence[0].ReferencedSOPSequence},
        )
        for one in evidence
    ]
    assert found == series[::-1]
    assert report.StudyInstanceUID == series[1][0]
    named = [one for one in report.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "visit"]
    said = [{one.ConceptNameCodeSequence[0].CodeValue: one for one in visit.ContentSequence} for visit in named]
    assert [one["126070"].TextValue for one in said] == ["ses-before", "ses-after"]
    assert [one["110180"].UID for one in said] == [study for study, _ in series]
    assert {one["status"].TextValue for one in said} == {"automatic, not reviewed"}


def test_nothing_is_lost_on_the_way_back_and_nothing_can_be_changed(
    made: tuple[Visits, ExportedComparison], tmp_path: Path
) -> None:
    visits, first = made
    path = first.files[0]
    source = ChangePaths(visits[0].paths.out, "07", "before", "after").document
    again = export_comparison(source, tmp_path / "again", to=["sr"])
    assert read_comparison(path) == decode(ChangeDocument, source.read_bytes(), source) == again.document
    assert path.read_bytes() == again.files[0].read_bytes()
    report = dcmread(path)
    sums = next(one for one in report.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "126010")
    last = [one for one in sums.ContentSequence[-2].ContentSequence if one.ValueType == "NUM"]
    last[1].MeasuredValueSequence[0].NumericValue = "0"
    report.save_as(tmp_path / "changed.dcm")
    with pytest.raises(InputError, match="something else of leg_posterior_left than the comparison"):
        read_comparison(tmp_path / "changed.dcm")
    with pytest.raises(InputError, match="without a comparison of wbmri"):
        read_comparison(first.files[1])


def test_a_total_that_is_left_open_is_not_in_the_report(visits: Visits, tmp_path: Path) -> None:
    source = written(tmp_path / "OUT", *visits, delta=None, delta_percent=None, beyond_detectable=None)
    path = export_comparison(source, tmp_path / "dicom", to=["sr"]).files[0]
    whole = next(numbers for name, numbers, _ in groups(path) if name == "whole")
    assert set(whole) == {"max_assessable", "assessable_n", "groups"}
    assert read_comparison(path).delta is None


def test_a_comparison_of_other_readings_than_those_of_record_is_refused(
    visits: Visits, sign_case: Callable[[Case], Reading], tmp_path: Path
) -> None:
    source = written(tmp_path / "OUT", *visits)
    sign_case(visits[1])
    with pytest.raises(InputError, match="from before the reading of ses-after"):
        export_comparison(source, tmp_path / "dicom")
    later = written(tmp_path / "OUT", *visits, unreviewed=("ses-before",))
    with pytest.raises(InputError, match="from before the reading of ses-after"):
        export_comparison(later, tmp_path / "dicom")
    assert not (tmp_path / "dicom").exists()


def test_what_is_no_comparison_is_refused(visits: Visits, tmp_path: Path) -> None:
    source = written(tmp_path / "OUT", *visits)
    with pytest.raises(InputError, match="the format 'mr'"):
        export_comparison(source, tmp_path / "dicom", to=["mr"])
    with pytest.raises(InputError, match="with 0 comparisons"):
        export_comparison(visits[0].paths.folder, tmp_path / "dicom")
    written(tmp_path / "OUT", *visits[::-1])
    with pytest.raises(InputError, match="with 2 comparisons"):
        export_comparison(source.parent, tmp_path / "dicom")
    ChangePaths.at(source)[0].print.unlink()
    with pytest.raises(CaseError, match="without its pages"):
        export_comparison(source, tmp_path / "dicom")


@pytest.fixture
def studies(visits: Visits, make_case: MakeCase, tmp_path: Path) -> tuple[Path, tuple[Path, Path]]:
    """The comparison of two visits, and their studies in the hospital."""
    sources, cases = [], []
    for number, case in enumerate(visits):
        made = export_case(case.paths.folder, tmp_path / f"study{number}", to=["mr"])
        for path in made.files:
            image = dcmread(path)
            image.PatientName, image.PatientID, image.StudyDate = "Quirinus^Xenia", "MRN4711Q", f"2024020{number + 1}"
            image.StudyInstanceUID = f"1.2.826.0.1.777.{number}"
            image.save_as(path)
        sources.append(made.files[0].parent)
        volume = wbmri.load(sources[-1])
        cases.append(make_case(tmp_path / "HOSPITAL", volume.grid, case.reading, volume, session=case.session))
    return written(tmp_path / "HOSPITAL", cases[0], cases[1]), (sources[0], sources[1])


def test_with_both_sources_it_lies_in_the_study_of_the_later_visit(
    studies: tuple[Path, tuple[Path, Path]], tmp_path: Path, check_dicom: CheckDicom
) -> None:
    comparison, sources = studies
    made = export_comparison(comparison, tmp_path / "dicom", sources=sources)
    assert made.identified
    for path in made.files:
        found = dcmread(path)
        assert (found.PatientID, found.StudyInstanceUID, found.StudyDate) == (
            "MRN4711Q",
            "1.2.826.0.1.777.1",
            "20240202",
        )
        assert check_dicom(path) == []
    (other,) = dcmread(made.files[0]).PertinentOtherEvidenceSequence
    assert other.StudyInstanceUID == "1.2.826.0.1.777.0"
    with pytest.raises(InputError, match="1 sources of a comparison"):
        export_comparison(comparison, tmp_path / "one", sources=sources[:1])
    for path in sources[0].iterdir():
        image = dcmread(path)
        image.PatientID = "SOMEBODY"
        image.save_as(path)
    with pytest.raises(InputError, match="two patients"):
        export_comparison(comparison, tmp_path / "two", sources=sources)
    same = export_comparison(comparison, tmp_path / "same", to=["sr"], sources=sources, one_person=True)
    assert dcmread(same.files[0]).PatientID == "MRN4711Q"


def test_listening_writes_the_comparison_of_two_visits(
    studies: tuple[Path, tuple[Path, Path]],
    make_case: MakeCase,
    tmp_path: Path,
    check_dicom: CheckDicom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compared(cases: Sequence[Case], out: Path, _: object) -> SimpleNamespace:
        return SimpleNamespace(paths=ChangePaths.at(written(out, *cases))[0])

    monkeypatch.setattr(followup, "compare_cases", compared)
    inbox = Inbox(tmp_path / "inbox")
    for number, source in enumerate(studies[1]):
        for path in source.iterdir():
            image = dcmread(path)
            image.PatientID, image.PatientBirthDate = (
                f"MRN{number}",
                "20150607",
            )  # it changed, and the inbox was told so
            box = inbox.keep(encoded(image), image.PatientID, image.StudyInstanceUID, image.SOPInstanceUID)
        if number:
            inbox.join(box, ["MRN0"])
        state, volume = box.state(), wbmri.load(box.objects)
        case = make_case(tmp_path / "OUT", volume.grid, None, volume, state.participant, state.session)
        box.update(scored=box.digest(), case=str(case.paths.folder))
    ((before, after),) = uncompared(inbox)
    state = compare_studies(inbox, before, after, tmp_path / "OUT")
    assert (state.comparison, state.comparison_sent) == ("compared with ses-01", False)
    assert list(uncompared(inbox)) == []
    report, pages = sorted(after.comparison(state.compared).iterdir(), key=lambda path: path.name, reverse=True)
    for path in (report, pages):
        assert check_dicom(path) == []
        assert (dcmread(path).PatientID, dcmread(path).StudyInstanceUID) == ("MRN1", "1.2.826.0.1.777.1")
    found = read_comparison(report)
    assert (found.participant, found.baseline, found.followup) == (state.participant, "01", "02")
    assert bytes(dcmread(pages).EncapsulatedDocument).startswith(PAGES)


def test_de_identified_it_names_neither_the_person_nor_the_visits(
    studies: tuple[Path, tuple[Path, Path]], tmp_path: Path, check_dicom: CheckDicom
) -> None:
    comparison, sources = studies
    key = tmp_path / "key.json"
    with pytest.raises(InputError, match="the pages of a comparison"):
        export_comparison(comparison, tmp_path / "dicom", sources=sources, deidentify=key)
    made = export_comparison(comparison, tmp_path / "dicom", to=["sr"], sources=sources, deidentify=key)
    assert (made.identified, made.deidentified) == (False, True)
    content = made.files[0].read_bytes() + made.files[0].name.encode()
    for word in (
        "Quirinus", "Xenia", "MRN4711Q", "1.2.826.0.1.777", "20240201", "20240202", "sub-07", "ses-before", "ses-after",
        "Schiwago", "prednisone", '"ab"', '"cd"',
    ):  # fmt: skip
        assert word.encode() not in content, word
    assert check_dicom(made.files[0]) == []
    found = read_comparison(made.files[0])
    visit = export_case(
        comparison.parent / "ses-after", tmp_path / "visit", to=["mr"], source=sources[1], deidentify=key
    ).files[0]
    assert dcmread(visit).StudyInstanceUID == dcmread(made.files[0]).StudyInstanceUID
    assert visit.parent.name == f"sub-{found.participant}_ses-{found.followup}_mr"
    plain = decode(ChangeDocument, comparison.read_bytes(), comparison)
    assert (found.delta, found.regions, found.groups) == (plain.delta, plain.regions, plain.groups)
