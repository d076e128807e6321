"""``python -m wbmri``: the command line."""

import sys

from wbmri.cli import main

if __name__ == "__main__":
    sys.exit(main())
