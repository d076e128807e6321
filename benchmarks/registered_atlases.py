"""One drawn body laid over a scan by a registration program alone, to hold the project's engines against.

The measured body is drawn at the scan's resolution class, scanned without faults, brought into place by an affine
registration, bent by the program, and its labels are carried over. Both images are read at 3 mm.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.simulation.body import grid_around, measured_body, render
from wbmri.simulation.scanner import Plane, Protocol, Scan, acquire

WORKING_MM = 3.0
SEED = 1
ABOVE_AIR = 2.5
"""What is brighter than this multiple of the median is body."""
NEEDS = {"demons": "", "elastix": "" if find_spec("itk") else "pip install itk-elastix"}
"""What must be installed for each program; empty if nothing is missing."""


def register(program: str, volume: Volume) -> NDArray[np.uint8]:
    """Return labels of ``jdm42`` on the volume's grid, found by a program of `NEEDS`."""
    import SimpleITK as sitk

    fixed = _image(volume.data, volume.affine)
    moving, labels = _model()
    small = _working(fixed)
    affine = _affine(small, moving)
    placed = sitk.Resample(moving, small, affine, sitk.sitkLinear)
    placed_labels = sitk.Resample(labels, small, affine, sitk.sitkNearestNeighbor)
    if program == "demons":
        field = _demons(small, placed)
        bent = sitk.Resample(placed_labels, small, sitk.DisplacementFieldTransform(field), sitk.sitkNearestNeighbor)
    else:
        bent = _elastix(small, placed, placed_labels)
    found = sitk.Resample(bent, fixed, sitk.Transform(), sitk.sitkNearestNeighbor)
    # SimpleITK's arrays run k, j, i.
    return np.ascontiguousarray(sitk.GetArrayFromImage(found).transpose(2, 1, 0)).astype(np.uint8)


def _image(data: NDArray[Any], affine: NDArray[np.float64]) -> Any:
    """Return a SimpleITK image; it counts mm to the left, to the back and to the head."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(np.asarray(data).transpose(2, 1, 0)))
    to_lps = np.diag([-1.0, -1.0, 1.0])
    matrix = to_lps @ affine[:3, :3]
    spacing = np.linalg.norm(matrix, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((matrix / spacing).ravel().tolist())
    image.SetOrigin((to_lps @ affine[:3, 3]).tolist())
    return image


def _model() -> tuple[Any, Any]:
    parts = measured_body()
    body = render(parts, grid_around(parts, (WORKING_MM,) * 3))
    scan = Scan(station_mm=4000.0, subslices=1, shading=0.0, gains=0.0, seed=SEED, plane=Plane.AXIAL)
    made = acquire(body, np.ones(body.tissue.shape, np.float32), Protocol(), scan)
    return _image(made.stations[0].data.astype(np.float32), made.grid.affine), _image(made.labels, made.grid.affine)


def _working(image: Any) -> Any:
    import SimpleITK as sitk

    size = [max(1, round(n * s / WORKING_MM)) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    spacing = (WORKING_MM,) * 3
    return sitk.Resample(
        image,
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        image.GetOrigin(),
        spacing,
        image.GetDirection(),
        0.0,
    )


def _affine(fixed: Any, moving: Any) -> Any:
    import SimpleITK as sitk

    # A child and an adult differ by more in size than the optimiser can bridge: the bodies' extents are matched first.
    (fixed_middle, fixed_size), (moving_middle, moving_size) = _extent(fixed), _extent(moving)
    start = sitk.AffineTransform(3)
    start.SetCenter(fixed_middle.tolist())
    start.SetMatrix(np.diag(moving_size / fixed_size).ravel().tolist())
    start.SetTranslation((moving_middle - fixed_middle).tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.05, SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 100)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SetInitialTransform(start, inPlace=False)
    return method.Execute(fixed, moving)


def _extent(image: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middle and size of the body in mm along the axes of the scanner; air fills most of a whole-body scan."""
    import SimpleITK as sitk

    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, 2 * WORKING_MM))
    body = np.argwhere(smooth > ABOVE_AIR * np.median(smooth[smooth > 0]))[:, ::-1]
    direction = np.array(image.GetDirection()).reshape(3, 3)
    place = (body * image.GetSpacing()) @ direction.T + image.GetOrigin()
    low, high = np.percentile(place, (1, 99), axis=0)
    return (low + high) / 2, high - low


def _demons(fixed: Any, moving: Any) -> Any:
    """Return the displacement field of diffeomorphic demons, coarse to fine."""
    import SimpleITK as sitk

    matched = sitk.HistogramMatching(moving, fixed, 128, 10, True)
    field = None
    for shrink, rounds in ((4, 60), (2, 40), (1, 20)):
        small_fixed, small_moving = (_shrunk(image, shrink) for image in (fixed, matched))
        demons = sitk.DiffeomorphicDemonsRegistrationFilter()
        demons.SetNumberOfIterations(rounds)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(1.5)
        if field is None:
            field = demons.Execute(small_fixed, small_moving)
        else:
            field = demons.Execute(small_fixed, small_moving, sitk.Resample(field, small_fixed))
    return sitk.Cast(field, sitk.sitkVectorFloat64)


def _shrunk(image: Any, factor: int) -> Any:
    import SimpleITK as sitk

    if factor == 1:
        return image
    smooth = sitk.SmoothingRecursiveGaussian(image, 0.5 * factor * WORKING_MM)
    return sitk.Shrink(smooth, [min(factor, n) for n in image.GetSize()])


def _elastix(fixed: Any, moving: Any, labels: Any) -> Any:
    """Return the labels bent by elastix with its own default parameters for B-splines."""
    import itk
    import SimpleITK as sitk

    def as_itk(image: Any, dtype: type) -> Any:
        made = itk.image_from_array(sitk.GetArrayFromImage(image).astype(dtype))
        made.SetSpacing(list(image.GetSpacing()))
        made.SetOrigin(list(image.GetOrigin()))
        made.SetDirection(itk.matrix_from_array(np.array(image.GetDirection()).reshape(3, 3)))
        return made

    parameters = itk.ParameterObject.New()
    settings = itk.ParameterObject.GetDefaultParameterMap("bspline", 4, 24.0)
    settings["RandomSeed"] = [str(SEED)]
    parameters.AddParameterMap(settings)
    _, result = itk.elastix_registration_method(
        as_itk(fixed, np.float32),
        as_itk(moving, np.float32),
        parameter_object=parameters,
        log_to_console=False,
    )
    result.SetParameter(0, "FinalBSplineInterpolationOrder", "0")
    bent = itk.transformix_filter(as_itk(labels, np.float32), result, log_to_console=False)
    image = sitk.GetImageFromArray(np.rint(itk.array_from_image(bent)).astype(np.uint8))
    image.CopyInformation(fixed)
    return image
