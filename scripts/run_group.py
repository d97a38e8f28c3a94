"""The same as ``python -m faultline group``."""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main())
