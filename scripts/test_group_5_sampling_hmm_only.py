"""Group 5: sample with the directional HMM alone.
If group 3 is stable and this is not, look at the HMM's gradients and transitions.

    python scripts/test_group_5_sampling_hmm_only.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=5, description=__doc__))
