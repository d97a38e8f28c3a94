"""The same as ``python -m faultline summary``."""

import sys

from faultline.cli.summary import main

if __name__ == "__main__":
    sys.exit(main())
