"""Group 7: freeze the latent kinematics and sample only the observation model.
If it diverges, the observation model is the culprit; if it is stable, the latent geometry is.

    python scripts/test_group_7_likelihood_only_freeze_latents.py --max_T 80 --max_K 8 --seed 123 --run_id first
"""

import sys

from faultline.cli.group import main

if __name__ == "__main__":
    sys.exit(main(number=7, description=__doc__))
