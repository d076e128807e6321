"""Starting napari on a worklist."""

from pathlib import Path

from wbmri.errors import InputError
from wbmri.review import Mode


def launch(out: str | Path, *, reader: str | None = None, mode: Mode = Mode.ASSISTED, blinded: bool = False) -> None:
    """Open a window on the cases of a folder, and return when it is closed.

    Parameters
    ----------
    out
        The dataset.
    reader
        Id of the person; asked for in the worklist if ``None``.
    mode, blinded
        How cases are read; `blinded` is short for that mode.

    Raises
    ------
    InputError
        If there are no cases in `out`.
    """
    import napari

    from napari_wbmri.worklist import WorklistDock
    from wbmri.case import find_cases

    if not find_cases(out):
        raise InputError(
            f"{out} without cases", "the folder that 'wbmri score' wrote to", "score a visit into it first"
        )
    viewer = napari.Viewer(title="wbmri reading room", show=False)
    worklist = WorklistDock.of(viewer)
    worklist.show_folder(out, reader or "", Mode.BLINDED if blinded else mode)
    viewer.window._qt_window.showMaximized()
    worklist.come_forward()
    napari.run()
