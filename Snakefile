"""Faultline as a workflow: dataset -> measure -> judge -> plot -> report for every group of the ladder, then the summary.

Everything a user sets stands in config.yaml; `snakemake -j4 report_summary` makes whatever is missing or stale.
"""

import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.20")

# Jobs use the Python that runs Snakemake and the code beside this file, whatever the shell has active;
# a job's own conda environment, if asked for, comes before both.
SOURCE = str(Path(workflow.basedir, "src"))
sys.path.insert(0, SOURCE)
os.environ.update(
    PYTHONPATH=os.pathsep.join(filter(None, [SOURCE, os.getenv("PYTHONPATH")])),
    PATH=os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", os.defpath)]),
)

from snakemake.utils import update_config

from faultline.plan.config import read_file
from faultline.core.errors import InputError

# In place of `configfile:`, which would run code from a file with the key __use_yte__, and take an empty one for a mistake.
try:
    _settings = read_file("config.yaml")
    for _file in workflow.overwrite_configfiles:
        read_file(_file)  # Snakemake has merged these into `config`
except InputError as mistake:
    sys.exit(str(mistake))
update_config(_settings, config)
config = _settings


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


rule report_summary:
    """Target, and what plain `snakemake` makes: every group, the summary over them, and the look at the dataset."""
    input:
        f"{D}/report_summary.html",
        LOOK_AT_DATASET,
        f"{DATASETS}/{PLAN.requests[PLAN.dataset]['name']}.npz" if PLAN.dataset else [],


rule dataset:
    """Target: the dataset, its picture and the facts about it."""
    input:
        LOOK_AT_DATASET,


rule size_ladder:
    """Target: the failing configuration at every size of groups.sizes, and their picture."""
    input:
        size_ladder_files,


for _group in LADDER:

    # Targets group_1, group_2, ...: one group's report, and so only its own stages.
    rule:
        name:
            _group.target
        input:
            f"{D}/report_{_group.name}.html",


include: "workflow/rules/stages.smk"
include: "workflow/rules/publish.smk"
