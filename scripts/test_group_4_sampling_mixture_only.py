"""Group 4: sample with the mixture alone.
If group 3 is stable and this is not, look at the mixture's formulas, masking and probability parameterization.

    python scripts/test_group_4_sampling_mixture_only.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=4, description=__doc__))
