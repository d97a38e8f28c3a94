"""Faultline as a workflow. Everything a user sets stands in config.yaml; the rules stand in workflow/."""

SETTINGS = "config.yaml"


include: "workflow/Snakefile"
