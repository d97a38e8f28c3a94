"""The same as ``python -m faultline prune``."""

import sys

from faultline.cli.prune import main

if __name__ == "__main__":
    sys.exit(main())
