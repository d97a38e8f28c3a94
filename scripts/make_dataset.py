"""The same as ``python -m faultline dataset``."""

import sys

from faultline.cli.dataset import main

if __name__ == "__main__":
    sys.exit(main())
