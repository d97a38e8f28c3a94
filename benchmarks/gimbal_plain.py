"""The gimbal case without its switches: one model, to be taken apart by itself.

snakemake -j2 report_summary --config case=benchmarks/gimbal_plain.py suite=plain
"""

import pymc as pm

from faultline.cases.gimbal.model import build as whole
from faultline.cases.gimbal.model import load_dataset

__all__ = ["build", "load_dataset"]


def build(dataset) -> pm.Model:
    """Everything on, as it stands."""
    return whole(dataset)
