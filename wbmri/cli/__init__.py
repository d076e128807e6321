"""The command line: ``wbmri demo | inspect | score | compare | review | cohort | agreement | export | ...``."""

import sys
from collections.abc import Sequence

from typer.exceptions import TyperException

from wbmri.cli.program import app
from wbmri.cli.terminal import DONE, FAILED, UNUSABLE, fail
from wbmri.core import WbmriError, in_words


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments
        What follows ``wbmri``; ``None`` for those of this process. ``--debug`` may stand anywhere.

    Returns
    -------
    int
        0 done; 1 a case failed, or the program did; 2 the arguments or the input cannot be used.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        code = app([argument for argument in given if argument != "--debug"], prog_name="wbmri", standalone_mode=False)
    except TyperException as error:
        return fail(f"{error.format_message().rstrip('.')}; see 'wbmri --help'", UNUSABLE, debug=debug)
    except WbmriError as error:
        return fail(str(error), UNUSABLE, debug=debug)
    except Exception as error:
        return fail(
            f"{in_words(error)}; run again with --debug to see where it arose",
            FAILED,
            debug=debug,
        )
    return code if isinstance(code, int) else DONE
