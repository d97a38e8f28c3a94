"""The same as ``python -m faultline size_ladder``."""

import sys

from faultline.cli.size_ladder import main

if __name__ == "__main__":
    sys.exit(main())
