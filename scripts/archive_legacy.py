"""The same as ``python -m faultline archive``."""

import sys

from faultline.cli.archive import main

if __name__ == "__main__":
    sys.exit(main())
