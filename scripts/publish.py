"""The same as ``python -m faultline publish``."""

import sys

from faultline.cli.publish import main

if __name__ == "__main__":
    sys.exit(main())
