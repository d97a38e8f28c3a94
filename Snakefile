"""Faultline as a workflow. Everything a user sets stands in config.yaml; the rules stand in workflow/."""

SETTINGS = "config.yaml"


include: "workflow/Snakefile"


# What plain `snakemake` makes: Snakemake takes no default target from what is included.
workflow.default_target = "report_summary"
