"""Decision rules: from what was measured to what it means. Pure functions of records; nothing is read or written here.

``judge`` gives the verdict on one group, ``summarise`` what the groups mean together, and ``sample_on`` tells the worker
whether a short run has decided. Every threshold stands in ``faultline.thresholds``; ``docs/decision-rules.md`` explains
the rules.
"""

from faultline.criteria.figures import sample_on
from faultline.verdict.rules import judge
from faultline.verdict.summarise import summarise

__all__ = ["judge", "sample_on", "summarise"]
