"""The whole way for one visit: images in, a complete case out."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wbmri.case import (
    Case,
    CasePaths,
    check_dataset,
    check_replaceable,
    locked_case,
    new_label,
    rebuild_tables,
    write_case,
)
from wbmri.core import CaseError, InputError, Progress, part, silent
from wbmri.core.scheme import Scheme
from wbmri.grading import check_contrast, grade
from wbmri.io import load
from wbmri.pipeline.options import Inputs, ScoringOptions
from wbmri.report.case import case_report, mosaic_png, thumbnail_png
from wbmri.segmentation import Engine, make_engine, segment


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """A case that was just scored.

    Parameters
    ----------
    case
        The case as it lies on disk.
    seconds
        How long each step took.
    left_out
        Other cases of OUT that could not be read and are missing from its tables.
    """

    case: Case
    seconds: Mapping[str, float]
    left_out: tuple[CaseError, ...]


def score(
    inputs: Inputs,
    out: str | Path,
    *,
    participant: str | None = None,
    session: str | None = None,
    engine: str = "auto",
    labels: Inputs | None = None,
    mapping: Inputs | None = None,
    fusion: str = "vote",
    scheme: Scheme | str | Path | None = None,
    series: Sequence[str] | None = None,
    controls: str | Path | None = None,
    post_contrast: bool = False,
    device: str = "auto",
    progress: Progress = silent,
) -> ScoredCase:
    """Load, segment and grade one visit, write it as a case with its report, and rebuild the tables of OUT.

    Parameters
    ----------
    inputs
        A DICOM folder, or one or more image files (several are stations).
    out
        Folder of the cases; made if it is missing.
    participant, session
        BIDS labels. Nothing is ever taken from the input, whose labels may identify the person: without a participant
        the visit is that of a new one, ``01``, ``02`` and so on; without a session it is that participant's next.
    engine
        Name of the segmentation engine.
    labels
        Label map of the user, instead of an automatic segmentation; several are fused.
    mapping
        Tables for the numbers in these label maps, see `wbmri.segmentation.segment`.
    fusion
        How several label maps become one: ``vote`` or ``staple``.
    scheme
        Muscle groups and anchors, or their name or TOML file; the default scheme if ``None``.
    series
        Keys of the series to read, instead of those that would be chosen.
    controls
        File with the level of normal muscle at the site, from ``wbmri calibrate controls``.
    post_contrast
        Score a scan that was made after a contrast agent all the same.
    device
        Where the engine runs its networks: ``auto``, ``cpu``, ``cuda`` or ``openvino``.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If the input cannot be used; nothing has been written then.
    CaseError
        If a person's reading would be lost, or somebody has the case open; nothing has been written then.
    """
    options = ScoringOptions.of(engine, labels, mapping, fusion, scheme, series, controls, post_contrast, device)
    return score_visit(inputs, out, options, participant=participant, session=session, progress=progress)


def score_visit(
    inputs: Inputs,
    out: str | Path,
    options: ScoringOptions,
    *,
    participant: str | None = None,
    session: str | None = None,
    progress: Progress = silent,
) -> ScoredCase:
    """Do the same as `score` with options that are made already."""
    check_dataset(out)
    with _labels(Path(out), participant, session) as paths, locked_case(paths):
        case, seconds = score_case(inputs, paths, options, progress=progress)
    return ScoredCase(case, seconds, rebuild_tables(out))


def score_case(
    inputs: Inputs,
    paths: CasePaths,
    options: ScoringOptions,
    *,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> tuple[Case, dict[str, float]]:
    """Do the same as `score` for one of many visits, whose lock the caller holds and whose tables it rebuilds.

    Parameters
    ----------
    inputs, progress
        As for `score`.
    paths
        Which case it becomes.
    options
        How it is scored.
    engine
        The engine that the options name, if it is loaded already and serves many visits.

    Returns
    -------
    case : Case
        The case as it lies on disk.
    seconds : dict
        How long each step took.

    Raises
    ------
    InputError, CaseError
        As for `score`.
    """
    try:
        return _scored(inputs, paths, options, engine, progress)
    except InputError as error:
        said = error.received, error.expected, error.remedy
        raise type(error)(*(without_names(words, inputs, options.labels, paths) for words in said)) from error
    except OSError as error:
        place = str(error.filename)
        named = without_names(place, inputs, options.labels, paths)
        if named == place:
            raise
        raise InputError(
            f"{named}: {error.strerror}", "a file that can be read", "check permissions and the disk"
        ) from error


def _scored(
    inputs: Inputs, paths: CasePaths, options: ScoringOptions, engine: Engine | None, progress: Progress
) -> tuple[Case, dict[str, float]]:
    check_dataset(paths.out)
    check_replaceable(paths)
    if engine is None and options.engine != "labels":
        engine = make_engine(options.engine, options.device)
    seconds: dict[str, float] = {}
    with _timed(seconds, "load"):
        volume = load(inputs, series=options.series or None, progress=part(progress, 0.0, 0.1))
    check_contrast(volume.acquisition, post_contrast=options.post_contrast)
    with _timed(seconds, "segment"):
        made = segment(
            volume,
            scheme=options.scheme,
            engine=engine or options.engine,
            labels=options.labels or None,
            mapping=options.mapping or None,
            fusion=options.fusion,
            progress=part(progress, 0.1, 0.75),
        )
    # The picture of the outlines needs no grades: it is drawn beside them.
    with ThreadPoolExecutor(1) as beside, _timed(seconds, "grade"):
        drawing = beside.submit(mosaic_png, volume, made)
        reading = grade(
            volume,
            made,
            outside=() if options.controls is None else options.controls.outside(volume.acquisition),
            post_contrast=options.post_contrast,
            progress=part(progress, 0.75, 0.92),
        )
    progress(0.92, "writing the report")
    with _timed(seconds, "report"):
        mosaic, thumbnail = drawing.result(), thumbnail_png(volume, made, reading)
        names = {"participant": paths.participant, "session": paths.session}
        html = case_report(volume, made, reading, mosaic=mosaic, **names)
    progress(0.97, "writing the case")
    written = write_case(
        paths.out,
        paths.participant,
        paths.session,
        volume,
        made,
        reading,
        html,
        seconds,
        mosaic=mosaic,
        thumbnail=thumbnail,
    )
    return written, seconds


_NOUN = r"the (?:file|image|label map|segmentation|header of|header|sidecar) "
_BEGIN = r"(?:^|(?<=['\"]))"
_IMAGE_ENDING = re.compile(r"(\.nii)?\.\w+$", re.IGNORECASE)


def without_names(text: str, inputs: Inputs, labels: Sequence[str | Path], case: CasePaths) -> str:
    """Return what is said of input files without their names and places, which may identify the person.

    Parameters
    ----------
    text
        The words of an error.
    inputs, labels
        The scan and the label maps it may speak of, as `score` takes them.
    case
        Which case it becomes: names of a BIDS dataset, which hold the label that the case has, too, stay.
    """
    images = [inputs] if isinstance(inputs, str | Path) else inputs
    for paths, what in ((images, "image"), (labels, "label map")):
        for number, path in enumerate(map(Path, paths), start=1):
            words = f"the {what}" if len(paths) == 1 else f"{what} {number} of {len(paths)}"
            if path.is_dir():
                # With whatever lies in it, up to where a sentence goes on.
                folder = (
                    f"{'' if _is_place(path) else _BEGIN}{re.escape(str(path))}(/.*?)?(?=['\"]|; expected |, which |$)"
                )
                text = re.sub(folder, "the DICOM folder", text)
                continue
            if _is_place(path):
                text = text.replace(f"{path.parent}/", "")
            if path.name.startswith(f"sub-{case.participant}_"):
                continue
            beside = _IMAGE_ENDING.sub("", path.name) + ".json"
            for name, said in ((path.name, words), (beside, f"the sidecar of {words}")):
                # A name without an ending may be a word of the sentence, too.
                begin, end = (
                    (rf"(?:{_NOUN})?", r"(?!\w)") if "." in name else (rf"(?:{_BEGIN}|{_NOUN})", r"(?=[,:;'\"])")
                )
                text = re.sub(rf"{begin}(?<![\w/]){re.escape(name)}{end}", said, text)
    return text


def _is_place(path: Path) -> bool:
    """Tell whether a path is more than a name, which could be a word of a sentence."""
    return path.is_absolute() or len(path.parts) > 1


@contextmanager
def _labels(out: Path, participant: str | None, session: str | None) -> Iterator[CasePaths]:
    """Give the case its labels; those that nobody named are taken, so that no other run can take them, too."""
    CasePaths(out, participant or "01", session or "01")  # labels that cannot be used take nothing
    with ExitStack() as taken:
        person = participant or taken.enter_context(new_label(out, "sub"))
        folder = CasePaths(out, person, session or "01").folder.parent
        yield CasePaths(out, person, session or taken.enter_context(new_label(folder, "ses")))


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - start, 2)
