"""Group 2: differentiate the failing configuration and look at the gradient at the start and around it.
PyTensor derives that gradient from the graph of the joint log-probability; NUTS follows it.
A gradient that is not finite, or disagrees with finite differences, is a problem of the implementation or its domain.

    python scripts/test_group_2_gradient_sanity.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=2, description=__doc__))
