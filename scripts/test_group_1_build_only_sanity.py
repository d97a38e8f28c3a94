"""Group 1: build the failing configuration and look at every term of its log-probability at the start.
PyMC builds the joint log-probability as a PyTensor graph; PyTensor compiles and runs it.
Any term that is NaN or infinite is an immediate bug or domain issue.

    python scripts/test_group_1_build_only_sanity.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=1, description=__doc__))
