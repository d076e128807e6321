"""Cases of every geometry, written to disk, whose images no two places share: what is moved or mirrored shows."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset

from wbmri.case import Case, ReadingPaths, write_case, write_signed
from wbmri.core import GradeSource, Grid, LabelMap, Reading, ReviewRecord, Status, Volume
from wbmri.core.scheme import Scheme
from wbmri.pipeline import export_case

SHAPES = {"coronal": (24, 10, 30), "axial": (24, 30, 10), "sagittal": (10, 24, 30)}
SPACINGS = {"coronal": (3.0, 6.0, 3.0), "axial": (3.0, 3.0, 6.0), "sagittal": (6.0, 3.0, 3.0)}


def turned(degrees: float) -> NDArray[np.float64]:
    """Return a rotation about the long axis of the body and, by as much, about the one from left to right."""
    a = np.radians(degrees)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    made: NDArray[np.float64] = about_z @ about_x
    return made


GEOMETRIES = {
    "coronal": ("coronal", 0.0),
    "axial": ("axial", 0.0),
    "sagittal": ("sagittal", 0.0),
    "coronal, 3 degrees oblique": ("coronal", 3.0),
    "axial, 3 degrees oblique": ("axial", 3.0),
}


@pytest.fixture(scope="session")
def coronal() -> Grid:
    return Grid.from_directions(SHAPES["coronal"], np.eye(3), SPACINGS["coronal"], (-60.5, 31.25, -812.123456))


@pytest.fixture(scope="session")
def make_case(
    scheme: Scheme,
    small_volume: Volume,
    make_reading: Callable[..., Reading],
) -> Callable[..., Case]:
    """Write a case of a grid; its labels are blocks, the last group lies outside, every voxel has its own value."""

    def make(
        out: Path,
        grid: Grid,
        reading: Reading | None = None,
        volume: Volume | None = None,
        participant: str = "07",
        session: str = "before",
    ) -> Case:
        values = 100.0 + np.random.default_rng(5).permutation(int(np.prod(grid.shape))).reshape(grid.shape)
        volume = volume or Volume(values, grid.affine, small_volume.acquisition)
        labels = np.zeros(grid.shape, np.uint8)
        for group in scheme.groups[:-1]:
            labels.reshape(-1)[group.label * 150 : group.label * 150 + 120] = group.label
        made = LabelMap(labels, volume.affine, scheme, "blocks", {}, frozenset({scheme.groups[-1].label}))
        reading = reading or make_reading(lambda label: None if label == scheme.groups[-1].label else label % 3)
        return write_case(out, participant, session, volume, made, reading, "<html>", {"load": 1.0})

    return make


@pytest.fixture(scope="session", params=GEOMETRIES)
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_case: Callable[..., Case]
) -> tuple[Case, dict[str, Path]]:
    """A case of one geometry and where its objects lie: ``mr`` a folder, ``seg.dcm`` and ``sr.dcm``."""
    plane, degrees = GEOMETRIES[request.param]
    grid = Grid.from_directions(SHAPES[plane], turned(degrees), SPACINGS[plane], (-60.5, 31.25, -812.123456))
    folder = tmp_path_factory.mktemp("exported")
    case = make_case(folder / "OUT", grid)
    export_case(case.paths.folder, folder / "dicom", to=["mr", "seg", "sr"])
    begin = folder / "dicom" / case.paths.name
    return case, {kind: begin.with_name(f"{begin.name}_{kind}") for kind in ("mr", "seg.dcm", "sr.dcm")}


@pytest.fixture(scope="session")
def sign_case() -> Callable[[Case], Reading]:
    """Sign a case as Anna, who changed one grade and one outline."""

    def sign(case: Case) -> Reading:
        auto = case.reading
        changed = replace(auto.groups[8], grade=2, source=GradeSource.READER, explanation="seen as marked")
        review = ReviewRecord(
            "assisted",
            "anna",
            1,
            ("deltoid_left",),
            ("trapezius_left",),
            ("deltoid_left",),
            {"deltoid_left": "sure"},
            remarks={"deltoid_left": "like a feather", "case": "a restless child"},
        )
        signed = replace(auto.with_group(changed), reader="anna", status=Status.SIGNED, review=review)
        labels = case.labels()
        data = labels.data.copy()
        data[data == 9] = 0
        data[0, 0, :3] = 9
        write_signed(ReadingPaths(case.paths, "anna"), signed, auto, labels.corrected(data), 60.0)
        return signed

    return sign


@pytest.fixture(scope="session")
def check_dicom() -> Callable[[Path], list[str]]:
    """A function that returns the errors the judge dciodvfy (Debian's dicom3tools) finds in an object."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")

    def errors(path: Path) -> list[str]:
        said = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)  # noqa: S603
        lines = (said.stdout + said.stderr).splitlines()
        return [line for line in lines if line.startswith(("Error", "Abort"))]

    return errors


@pytest.fixture(scope="session")
def dcmqi() -> Callable[..., None]:
    """A function that runs a program of dcmqi, which lies beside this Python."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))

    def run(program: str, *arguments: object) -> None:
        found = shutil.which(program, path=places)
        if found is None:
            pytest.skip(f"{program} is not installed (package dcmqi)")
        subprocess.run([found, *map(str, arguments)], capture_output=True, check=True)  # noqa: S603

    return run


class Identity:
    """A person whom every kind of value names: tags, UIDs, private and nested ones, and the places of files."""

    TAGS: ClassVar = {
    "PatientName": "Quirinus^Xenia", "PatientID": "MRN4711Q", "IssuerOfPatientID": "Issuer815",
    "AccessionNumber": "ACC90210", "PatientBirthDate": "20150607", "PatientBirthTime": "031709",
    "OtherPatientNames": "Vormals^Yvette", "PatientBirthName": "Geborene^Zoe",
    "PatientMotherBirthName": "Mutter^Wilma", "PatientAddress": "Sackgasse 77, Entenhausen",
    "PatientTelephoneNumbers": "0815-4711-42", "CountryOfResidence": "Takatukaland", "RegionOfResidence": "Bullerbue",
    "MedicalRecordLocator": "Keller 9, Regal 4", "MilitaryRank": "Feldwebelin", "EthnicGroup": "Hobbitisch",
    "Occupation": "Seiltaenzerin", "PatientReligiousPreference": "Pastafari",
    "AdditionalPatientHistory": "Sturz vom Einhorn", "PatientComments": "Kommt mit Opa Egon", "PatientAge": "008Y",
    "PatientSize": "1.2345", "PatientWeight": "23.4567", "Allergies": "Erdnussflips",
    "MedicalAlerts": "Latexhandschuhe", "PregnancyStatus": 4, "ReferringPhysicianName": "Dr^Eisenbart",
    "ReferringPhysicianAddress": "Praxisweg 3b", "ReferringPhysicianTelephoneNumbers": "0900-12345",
    "PhysiciansOfRecord": "Hofrat^Hastig", "PerformingPhysicianName": "Dr^Mabuse",
    "NameOfPhysiciansReadingStudy": "Dr^Schiwago", "OperatorsName": "MTRA^Flink", "RequestingPhysician": "Dr^Dolittle",
    "InstitutionName": "Kinderklinik Entenhausen", "InstitutionAddress": "Am Stadtrand 1",
    "InstitutionalDepartmentName": "Roentgenkeller", "StationName": "MRSCANNER7", "DeviceSerialNumber": "SN-778899",
    "StudyDescription": "Ganzkoerper Familie", "StudyID": "STUDY0815", "StudyDate": "20240203",
    "StudyTime": "141516.171819", "SeriesDate": "20240204", "SeriesTime": "151617.18", "AcquisitionDate": "20240205",
    "AcquisitionTime": "161718.19", "ContentDate": "20240206", "ContentTime": "171819.2",
    "AcquisitionDateTime": "20240207181920.21", "PerformedProcedureStepStartDate": "20240208",
    "ProtocolName": "STIR Prinzessin", "RequestedProcedureDescription": "Bitte auch Teddy scannen",
    "PerformedProcedureStepDescription": "Mit Narkose bei Oma", "PerformedProcedureStepID": "PPS-6060",
    "RequestedProcedureID": "RP-7070", "ImageComments": "schoenes Kind",
    "CurrentPatientLocation": "Station Pusteblume", "InsurancePlanIdentification": "AOK-112233",
    "PositionReferenceIndicator": "Nabel der Xenia", "TimezoneOffsetFromUTC": "+0845",
}  # fmt: skip
    UIDS: ClassVar = {
    "StudyInstanceUID": "1.2.826.0.1.777.1", "FrameOfReferenceUID": "1.2.826.0.1.888.2",
    "SeriesInstanceUID": "1.2.826.0.1.999.3", "IrradiationEventUID": "1.2.826.0.1.666.4",
}  # fmt: skip
    HIDDEN = ("Geheim im privaten Feld", "Geheimnis der Sequenz", "PRIVATE9ID", "1.2.826.0.1.555.5")
    PLACES = ("Ordner_der_Quirinus", "Bild_von_Xenia")

    @property
    def values(self) -> tuple[object, ...]:
        """All of them."""
        return (*self.TAGS.values(), *self.UIDS.values(), *self.HIDDEN, *self.PLACES)

    def seed(self, image: Dataset, number: int) -> None:
        """Write them into an image."""
        image.SpecificCharacterSet = "ISO_IR 192"
        for keyword, value in (self.TAGS | self.UIDS).items():
            setattr(image, keyword, value)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"{self.HIDDEN[3]}.{number}"
        private = image.private_block(0x0029, "WER BIN ICH", create=True)
        private.add_new(0x01, "LO", self.HIDDEN[0])
        inner = Dataset()
        inner.PatientID, inner.PatientComments = self.HIDDEN[2], self.HIDDEN[1]
        image.OtherPatientIDsSequence = [inner]

    @staticmethod
    def left(content: bytes, values: Iterable[object]) -> list[str]:
        """Return which values are there, also names in their parts, and what UIDs begin with."""
        words = {part for value in values for part in str(value).split("^") if len(part) > 3}
        # The plain search first, many times faster than the one that leaves out what is part of a longer number.
        there = [word for word in words if word.encode() in content]
        return sorted(word for word in there if re.search(rf"(?<![0-9a-f]){re.escape(word)}".encode(), content))

    @staticmethod
    def every_byte(out: Path) -> bytes:
        """Return the names and contents of all files, also what is packed in them, also the words of a PDF."""
        found = []
        for path in (one for one in sorted(out.rglob("*")) if one.is_file()):
            content = path.read_bytes()
            found += [str(path.relative_to(out)).encode(), content]
            for start in (match.start() for match in re.finditer(rb"\x1f\x8b\x08", content)):
                try:
                    found.append(gzip.decompress(content[start:]))
                except (OSError, EOFError, zlib.error):
                    continue
            for packed in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
                try:
                    shown = zlib.decompress(packed)
                except zlib.error:
                    continue
                # Letters of a page stand apart and have two bytes each.
                words = b"".join(re.findall(rb"\(((?:[^()\\]|\\.)*)\)", shown)).replace(b"\0", b"")
                found += [shown, words]
        return b"\n".join(found)


@pytest.fixture(scope="session")
def identity() -> Identity:
    return Identity()
