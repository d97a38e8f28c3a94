"""The same as ``python -m faultline plot``."""

import sys

from faultline.cli.plot import main

if __name__ == "__main__":
    sys.exit(main())
