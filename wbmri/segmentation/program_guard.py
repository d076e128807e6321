"""Runs a program, and ends it with all it has started once whoever asked for it is gone, however that ended.

Started by its path, with the standard library alone: ``python program_guard.py PROGRAM ARGUMENTS...``. The caller holds
the other end of the standard input and never writes to it: that end closes with the caller, even one that was killed
and could not say so. The caller starts it in a session of its own, so that one signal reaches it and the program.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the program to its end, and end as it did."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603

    def wait_for_caller() -> None:
        os.read(0, 1)
        if os.name == "posix":
            os.killpg(0, signal.SIGKILL)
        process.kill()
        os._exit(1)

    threading.Thread(target=wait_for_caller, daemon=True).start()
    code = process.wait()
    # A program that was killed is told by the code that shells give.
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
