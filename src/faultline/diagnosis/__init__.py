"""Decision rules: from what was measured to what it means. Pure functions of records; nothing is read or written here.

``rules.judge`` gives the verdict on one group, ``summarise.summarise`` what the groups mean together. A limit stands
beside the rule that decides by it; ``docs/decision-rules.md`` explains the rules and lists all limits.
"""
