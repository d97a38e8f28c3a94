"""Group 3: sample the smallest model, with every component off.
If it diverges, the core parameterization is already ill-conditioned.

    python scripts/test_group_3_sampling_baseline_minimal.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=3, description=__doc__))
