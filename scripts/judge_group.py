"""The same as ``python -m faultline judge``."""

import sys

from faultline.cli.judge import main

if __name__ == "__main__":
    sys.exit(main())
