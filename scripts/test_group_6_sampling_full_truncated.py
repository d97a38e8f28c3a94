"""Group 6: sample the full model, truncated.
If it is stable and the full size is not, the matter is scaling or identifiability, not a hard bug.

    python scripts/test_group_6_sampling_full_truncated.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=6, description=__doc__))
