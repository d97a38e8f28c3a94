"""The same as ``python -m faultline report``."""

import sys

from faultline.cli.report import main

if __name__ == "__main__":
    sys.exit(main())
