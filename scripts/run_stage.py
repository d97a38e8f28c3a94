"""The same as ``python -m faultline stage``."""

import sys

from faultline.cli.stage import main

if __name__ == "__main__":
    sys.exit(main())
