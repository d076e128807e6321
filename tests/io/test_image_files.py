"""NIfTI, NRRD and MetaImage: one grey volume with a known orientation, or a clear error."""

import gzip
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from wbmri.core import InputError
from wbmri.io import encode_nifti, inspect, load, read_image, read_labels

AFFINE = np.array([[-2.0, 0.1, 0.0, 90.0], [0.1, 0.3, 6.0, -50.0], [0.0, 3.0, -0.4, 20.0], [0.0, 0.0, 0.0, 1.0]])
DATA = np.random.default_rng(2).integers(0, 900, (12, 14, 6)).astype(np.int16)
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def save(path: Path, data: Any = DATA, affine: Any = AFFINE, **header: Any) -> Path:
    """Write a NIfTI file with fields of its header as given."""
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, 1)
    for field, value in header.items():
        image.header[field] = value
    nib.save(image, path)
    return path


def save_itk(path: Path, data: Any = DATA, affine: Any = AFFINE, **options: Any) -> Path:
    """Write an image through SimpleITK."""
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(data.transpose(2, 1, 0)))
    lps = LPS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path), **options)
    return path


def orthogonal() -> np.ndarray:
    """Return an oblique affine without shear, which ITK insists on."""
    turn, _ = np.linalg.qr(AFFINE[:3, :3])
    affine = np.eye(4)
    affine[:3, :3] = turn * [2.0, 3.0, 6.0]
    affine[:3, 3] = (40.0, -30.0, 7.0)
    return affine


@settings(max_examples=25)
@given(order=st.permutations(range(3)), flips=st.tuples(*[st.booleans()] * 3), ending=st.sampled_from(["", ".gz"]))
def test_storage_does_not_change_what_is_loaded(order: list[int], flips: tuple[bool, ...], ending: str) -> None:
    turned = np.column_stack([[*order], [-1 if flip else 1 for flip in flips]])
    data = nib.orientations.apply_orientation(DATA, turned)
    affine = AFFINE @ nib.orientations.inv_ornt_aff(turned, DATA.shape)
    with TemporaryDirectory() as folder:
        first = load(save(Path(folder) / "a.nii", DATA))
        second = load(save(Path(folder) / f"b.nii{ending}", data, affine))
    np.testing.assert_array_equal(first.data, second.data)
    np.testing.assert_allclose(first.affine, second.affine, atol=1e-4)
    assert first.provenance[0].parameters["stations"][0]["shape"] == list(second.shape)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_nifti_is_read_as_stored(tmp_path: Path, ending: str) -> None:
    volume = read_image(save(tmp_path / f"a{ending}"))
    np.testing.assert_array_equal(volume.data, DATA)
    np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-5)


def test_nifti_2_is_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti2Image(DATA, AFFINE), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_image(tmp_path / "a.nii.gz").data, DATA)


def test_big_endian_nifti_is_read(tmp_path: Path) -> None:
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    nib.save(nib.Nifti1Image(DATA, AFFINE, header), tmp_path / "a.nii")
    np.testing.assert_array_equal(read_image(tmp_path / "a.nii").data, DATA)


def test_slope_and_intercept_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(DATA, AFFINE)
    image.header.set_slope_inter(0.5, -3.0)
    nib.save(image, tmp_path / "a.nii.gz")
    stored = nib.load(tmp_path / "a.nii.gz")
    np.testing.assert_allclose(read_image(tmp_path / "a.nii.gz").data, stored.get_fdata(), rtol=1e-6)
    content = bytearray((save(tmp_path / "b.nii")).read_bytes())
    content[112:120] = np.array([0.5, -3.0], "<f4").tobytes()
    (tmp_path / "b.nii").write_bytes(content)
    np.testing.assert_allclose(read_image(tmp_path / "b.nii").data, DATA * 0.5 - 3.0)


def test_the_qform_serves_where_there_is_no_sform(tmp_path: Path) -> None:
    image = nib.Nifti1Image(DATA, orthogonal())
    image.set_qform(orthogonal(), 1)
    image.set_sform(None, 0)
    nib.save(image, tmp_path / "a.nii")
    np.testing.assert_allclose(read_image(tmp_path / "a.nii").affine, orthogonal(), atol=1e-4)


def test_metres_and_microns_become_millimetres(tmp_path: Path) -> None:
    for unit, factor in ((1, 0.001), (3, 1000.0)):
        affine = AFFINE.copy()
        affine[:3] *= factor
        path = save(tmp_path / "a.nii", affine=affine, xyzt_units=unit)
        np.testing.assert_allclose(read_image(path).affine, AFFINE, atol=1e-4)


def test_one_time_point_is_a_volume(tmp_path: Path) -> None:
    assert read_image(save(tmp_path / "a.nii.gz", DATA[..., None])).shape == DATA.shape


RGB = np.zeros((4, 4, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.mark.parametrize(
    ("data", "header", "message"),
    [
        (
            np.stack([DATA, DATA], axis=3),
            {},
            r"of shape \(12, 14, 6, 2\); expected three spatial axes and one time point",
        ),
        (DATA[:, :, 0], {}, r"of shape \(12, 14\); expected three spatial axes"),
        (RGB, {}, "colour or complex voxels"),
        (DATA.astype(np.complex64), {}, "colour or complex voxels"),
        (DATA, {"sform_code": 0, "qform_code": 0}, "without orientation"),
        (
            DATA,
            {"qform_code": 1, "quatern_b": 0, "quatern_c": 0, "quatern_d": 0},
            "sform says LSA and whose qform says",
        ),
        (DATA, {"dim": [3, 30000, 30000, 30000, 1, 1, 1, 1]}, "promises 30000 x 30000 x 30000 voxels"),
        (DATA, {"dim": [3, 600, 600, 300, 1, 1, 1, 1]}, "truncated file a.nii"),
        (DATA, {"dim": [3, 0, 14, 6, 1, 1, 1, 1]}, "promises 0 x 14 x 6 voxels"),
        (DATA, {"datatype": 77}, "its header is damaged"),
        (np.where(DATA > 800, np.nan, DATA), {}, "voxels NaN or infinite"),
        (np.where(DATA > 800, np.inf, DATA), {}, "voxels NaN or infinite"),
        (np.full_like(DATA, 3), {}, "every voxel is 3"),
        (DATA, {"srow_x": [0, 0, 0, 0]}, "expected a finite, invertible 4x4 matrix"),
        (DATA, {"scl_slope": 1, "scl_inter": np.nan}, "slope and intercept are no numbers"),
        (DATA, {"scl_slope": 3e38}, "voxels NaN or infinite"),
        (DATA, {"srow_x": [1, 0, 0, 0], "srow_y": [1, 1e-3, 0, 0], "srow_z": [0, 0, 1, 0]}, "upright axes"),
        (DATA, {"srow_x": [1e30, 0, 0, 0], "srow_y": [0, 1e30, 0, 0], "srow_z": [0, 0, 1e30, 0]}, "voxels of 1e"),
        (DATA, {"vox_offset": 4e9}, "begin at byte 4e"),
    ],
)
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_unusable_nifti_is_refused_in_one_line(
    tmp_path: Path,
    data: Any,
    header: dict[str, Any],
    message: str,
    ending: str,
) -> None:
    path = tmp_path / "a.nii"
    nib.save(nib.Nifti1Image(data, AFFINE), path)
    content = bytearray(path.read_bytes())
    fields = nib.Nifti1Header(bytes(content[:348]), check=False)
    for field, value in header.items():
        fields[field] = value
    content[:348] = fields.binaryblock
    path = tmp_path / f"a{ending}"
    path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0, 20, 200, 600, -200, -4])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_truncated_nifti_is_refused(tmp_path: Path, kept: int, ending: str) -> None:
    path = save(tmp_path / f"a{ending}")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=f"a{ending}"):
        read_image(path)


def test_damaged_compression_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.nii\.gz"):
        read_image(path)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd"])
def test_a_file_of_noise_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(np.random.default_rng(0).bytes(2000))
    with pytest.raises(InputError, match=f"a{ending}"):
        read_image(path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr", "a.mha", "a.mhd"])
@pytest.mark.parametrize("packed", [True, False])
def test_nrrd_and_metaimage_lie_where_nifti_lies(tmp_path: Path, name: str, packed: bool) -> None:
    volume = read_image(save_itk(tmp_path / name, DATA, orthogonal(), useCompression=packed))
    np.testing.assert_array_equal(volume.data, DATA)
    np.testing.assert_allclose(volume.affine, orthogonal(), atol=1e-6)


def without_line(path: Path, start: bytes) -> None:
    """Take a line out of a text header."""
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(line for line in lines if not line.startswith(start)))


@pytest.mark.parametrize(("name", "line"), [("a.nrrd", b"space:"), ("a.mha", b"TransformMatrix")])
def test_nrrd_and_metaimage_without_orientation_are_refused(tmp_path: Path, name: str, line: bytes) -> None:
    path = save_itk(tmp_path / name, DATA, orthogonal())
    without_line(path, line)
    with pytest.raises(InputError, match="without orientation"):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.nrrd", b"sizes: 12 14 6", b"sizes: 90000 90000 90000"),
        ("a.mha", b"DimSize = 12 14 6", b"DimSize = 90000 90000 90000"),
    ],
)
def test_nrrd_and_metaimage_that_promise_terabytes_are_refused(
    tmp_path: Path,
    name: str,
    old: bytes,
    new: bytes,
) -> None:
    path = save_itk(tmp_path / name, DATA, orthogonal())
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    with pytest.raises(InputError, match="promises 90000 x 90000 x 90000 voxels"):
        load(path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
@pytest.mark.parametrize("packed", [True, False])
def test_truncated_nrrd_and_metaimage_are_refused(tmp_path: Path, name: str, packed: bool) -> None:
    path = save_itk(tmp_path / name, DATA, orthogonal(), useCompression=packed)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=name):
        read_image(path)


HOSTILE_LINES = [
    (b"a.nrrd", b"number: " + b"1" * 1100),
    (b"a.nrrd", b"spacings: " + b"1" * 5000),
    (b"a.nrrd", b"dimension: 99999999999"),
    (b"a.nrrd", b"sizes: 3"),
    (b"a.nrrd", b"space directions: (nan,0,0) (0,1,0) (0,0,1)"),
    (b"a.nrrd", b"space directions: (0,0,0) (0,1,0) (0,0,1)"),
    (b"a.nrrd", b"space origin: (1e400,0,0)"),
    (b"a.nrrd", b"byte skip: -7"),
    (b"a.nrrd", b"type: block"),
    (b"a.nrrd", b"encoding: hex"),
    (b"a.nrrd", b"data file: ../../secret.raw"),
    (b"a.mha", b"NDims = 100"),
    (b"a.mha", b"NDims = 1000"),
    (b"a.mha", b"DimSize = -3 -4 -5"),
    (b"a.mha", b"TransformMatrix = 1 0 0 0 0 0 0 0 0"),
    (b"a.mha", b"ElementSpacing = 0 0 0"),
    (b"a.mha", b"ElementType = MET_STRING"),
    (b"a.mha", b"ElementDataFile = /etc/passwd"),
    (b"a.mha", b"ElementDataFile = LIST"),
    (b"a.mha", b"ElementDataFile ="),
    (b"a.mha", b"ElementDataFile = slice%03d.raw 1 9 1"),
]


@pytest.mark.parametrize(("name", "line"), HOSTILE_LINES)
def test_fields_that_are_none_are_refused(tmp_path: Path, name: bytes, line: bytes) -> None:
    path = save_itk(tmp_path / name.decode(), DATA, orthogonal())
    start, mark = line.split(b": " if path.suffix == ".nrrd" else b" =")[0], b"\n"
    head, _, rest = path.read_bytes().partition(b"\n\n" if path.suffix == ".nrrd" else b"ElementDataFile = LOCAL\n")
    lines = [each for each in head.split(mark) if not each.startswith(start)]
    if path.suffix == ".nrrd":
        path.write_bytes(mark.join([*lines, line]) + b"\n\n" + rest)
    else:
        last = b"" if start == b"ElementDataFile" else b"ElementDataFile = LOCAL\n"
        path.write_bytes(mark.join([*lines[:-1], line]) + mark + last + rest)
    if b"number" in line or b"spacings" in line:
        # What is not used may be as long as it likes.
        np.testing.assert_array_equal(read_image(path).data, DATA)
    else:
        with pytest.raises(InputError):
            read_image(path)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["a.nrrd", "a.mha"]),
    changes=st.lists(st.tuples(st.integers(0, 420), st.binary(min_size=0, max_size=6)), min_size=1, max_size=4),
)
def test_damaged_text_headers_give_an_image_or_an_error_of_ours(name: str, changes: list[tuple[int, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        path = save_itk(Path(folder) / name, DATA, orthogonal())
        content = bytearray(path.read_bytes())
        for place, put in changes:
            content[place : place + max(1, len(put))] = put
        path.write_bytes(bytes(content))
        with suppress(InputError):
            read_image(path)


def test_vector_images_are_refused(tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(np.zeros((4, 4, 4, 3), np.uint8), isVector=True)
    SimpleITK.WriteImage(image, str(tmp_path / "a.mha"))
    with pytest.raises(InputError, match="colour, vector or complex"):
        read_image(tmp_path / "a.mha")


def test_the_sidecar_gives_the_acquisition(tmp_path: Path) -> None:
    fields = {
        "MagneticFieldStrength": 3,
        "EchoTime": 0.06,
        "InversionTime": 0.22,
        "RepetitionTime": 4.2,
        "Manufacturer": "Maker",
        "ManufacturersModelName": "Model",
        "ScanningSequence": "SE_IR",
        "PatientName": "Nobody",
    }
    (tmp_path / "a.json").write_text(json.dumps(fields))
    facts = load(save(tmp_path / "a.nii.gz")).acquisition
    assert (facts.sequence, facts.field_strength_t, facts.manufacturer, facts.model) == ("STIR", 3.0, "Maker", "Model")
    times = (facts.echo_time_ms, facts.inversion_time_ms, facts.repetition_time_ms)
    assert times == pytest.approx((60.0, 220.0, 4200.0))
    assert load(tmp_path / "a.nii.gz").provenance[0].parameters["warnings"] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"EchoTime": 68}', "EchoTime 68; expected seconds between 0 and 1"),
        ("not json", "which is not JSON"),
        ("[1]", "no JSON object"),
        ("[" * 100_000, "which is not JSON"),
        ('{"FlipAngle": ' + "1" * 5_000 + "}", "which is not JSON"),
        ('{"SeriesDescription": "\xe9"}', "which is not JSON"),
    ],
    ids=["milliseconds", "words", "list", "deep", "5000 digits", "Latin-1"],
)
def test_a_bad_sidecar_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.json").write_text(content, "latin-1")
    with pytest.raises(InputError, match=message):
        load(save(tmp_path / "a.nii"))


def test_an_image_that_is_not_stir_must_be_forced(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"EchoTime": 0.011, "RepetitionTime": 0.56, "ScanningSequence": "SE"}))
    path = save(tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"image S1, which looks like T1.*--series"):
        load(path)
    assert inspect(path, series=["S1"]).error is None
    assert load(path, series=["S1"]).acquisition.sequence is None


def test_several_files_are_stations(dicom: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    paths = []
    for station in (1, 0, 2):
        affine = np.diag([5.0, 6.0, 5.0, 1.0])
        affine[2, 3] = 160.0 * station
        paths.append(save(tmp_path / f"{station}.nii.gz", rng.integers(1, 900, (20, 6, 40)).astype(np.int16), affine))
    volume = load(paths)
    assert volume.shape == (20, 6, 104)
    assert [round(one.high_mm, 1) for one in volume.acquisition.stations] == [517.5, 357.5, 197.5]
    assert len(volume.provenance[0].parameters["stations"]) == 3
    with pytest.raises(InputError, match="series S1 and S2, which cover the same piece"):
        load(
            [
                paths[0],
                save(
                    tmp_path / "again.nii.gz",
                    rng.integers(1, 9, (20, 6, 40)).astype(np.int16),
                    nib.load(paths[0]).affine,
                ),
            ],
        )


def test_image_files_and_folders_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    with pytest.raises(InputError, match="1 image files together with 1 other inputs"):
        load([save(tmp_path / "a.nii"), tmp_path / "dicom"])


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_labels_are_whole_numbers(tmp_path: Path, name: str) -> None:
    labels = (DATA % 43).astype(np.float32)
    write = save if "nii" in name else save_itk
    read, grid = read_labels(write(tmp_path / name, labels, orthogonal()))
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, labels)
    np.testing.assert_allclose(grid.affine, orthogonal(), atol=1e-5)
    with pytest.raises(InputError, match="values that are not whole numbers"):
        read_labels(write(tmp_path / name, labels * 0.3, orthogonal()))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "bool", "int64", "float64"])
@pytest.mark.parametrize("affine", [AFFINE, orthogonal()])
def test_encoded_nifti_comes_back(tmp_path: Path, dtype: str, affine: np.ndarray) -> None:
    data = (DATA % 100).astype(dtype)
    content = encode_nifti(data, affine)
    assert content == encode_nifti(np.asfortranarray(data), affine.copy())
    (tmp_path / "a.nii.gz").write_bytes(content)
    image = nib.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(image.dataobj), data)
    assert image.header["sform_code"] == 1
    assert image.get_data_dtype().itemsize <= 4
    np.testing.assert_allclose(read_image(tmp_path / "a.nii.gz").affine, affine, atol=1e-4)
    assert gzip.decompress(content)[:4] == (348).to_bytes(4, "little")
    assert content[4:8] == bytes(4)


@pytest.mark.parametrize(
    "content",
    [
        '{"ImageType": 5}',
        '{"ImageType": [[5], null, {"a": 1}]}',
        '{"FlipAngle": 1' + "0" * 400 + "}",
        '{"FlipAngle": 1e400, "MagneticFieldStrength": NaN}',
        '\ufeff{"ImageType": "ORIGINAL"}',
    ],
    ids=["number", "nested", "10^400", "not finite", "byte-order mark"],
)
def test_a_sidecar_with_odd_values_is_read_without_them(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content, "utf-8")
    acquisition = load(save(tmp_path / "a.nii")).acquisition
    assert (acquisition.sequence, acquisition.field_strength_t) == (None, None)
