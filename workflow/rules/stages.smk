"""The stages. Each takes a request from the store and leaves there what it made, under the request's key.

Declared is only a receipt: Snakemake deletes what is declared when a job fails, and a measurement may not be lost.
"""

from faultline.jobs.stages import inputs

# Progress goes to the terminal as well, a mistake to the log. Where Faultline's own words end the run, they say it then.
STAGE = """
python -P -m faultline stage {input.request:q} {output:q} 2>> {log:q} | tee -a {log:q} ||
    {{ test -n "${{FAULTLINE_SCREEN:-}}" || grep -vE "^[a-z]+ [0-9]+: " {log:q} >&2; exit 1; }}
"""


rule measure:
    """Build the model of a group and look at its log-probability and its gradient."""
    input:
        receipts,
        request=STORE.request_path("{key}"),
    output:
        STORE.receipt_path("measure", "{key}"),
    log:
        STORE.log_folder("{key}") / "measure.log",
    benchmark:
        STORE.log_folder("{key}") / "measure.tsv"
    conda:
        "../../envs/measure.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: (
            attempt * (request(wildcards.key)["limits"]["memory_mb"] + SUPERVISOR_MB)
        ),
        runtime=lambda wildcards: request(wildcards.key)["limits"]["total"] // 60 + 5,
    shell:
        STAGE


use rule measure as sample with:
    """Do the same for a group that samples, and sample."""
    output:
        STORE.receipt_path("sample", "{key}"),
    threads: lambda wildcards: side_by_side(request(wildcards.key))


rule judge:
    """Hold what was measured against the decision rules: the group's record with its checks and its verdict."""
    input:
        receipts,
        request=STORE.request_path("{key}"),
    output:
        STORE.receipt_path("judge", "{key}"),
    log:
        STORE.log_folder("{key}") / "judge.log",
    benchmark:
        STORE.log_folder("{key}") / "judge.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * SUPERVISOR_MB,
        runtime=5,
    shell:
        STAGE


rule plot:
    """Draw the pictures of a group."""
    input:
        receipts,
        request=STORE.request_path("{key}"),
    output:
        STORE.receipt_path("plot", "{key}"),
    log:
        STORE.log_folder("{key}") / "plot.log",
    benchmark:
        STORE.log_folder("{key}") / "plot.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 2000,
        runtime=10,
    shell:
        STAGE


use rule plot as plot_sizes with:
    """Draw what becomes of the failing configuration as frames are added, from the records alone."""
    output:
        STORE.receipt_path("plot_sizes", "{key}"),
    log:
        STORE.log_folder("{key}") / "plot_sizes.log",
    benchmark:
        STORE.log_folder("{key}") / "plot_sizes.tsv"


use rule judge as judge_trials with:
    """Compare the runs of the trials: what each change does."""
    output:
        STORE.receipt_path("judge_trials", "{key}"),
    log:
        STORE.log_folder("{key}") / "judge_trials.log",
    benchmark:
        STORE.log_folder("{key}") / "judge_trials.tsv"


use rule judge as judge_remedies with:
    """Compare the runs of the changes that may cure: which do, and at what price."""
    output:
        STORE.receipt_path("judge_remedies", "{key}"),
    log:
        STORE.log_folder("{key}") / "judge_remedies.log",
    benchmark:
        STORE.log_folder("{key}") / "judge_remedies.tsv"


use rule plot as plot_trials with:
    """Draw the symptom's figure with every change."""
    output:
        STORE.receipt_path("plot_trials", "{key}"),
    log:
        STORE.log_folder("{key}") / "plot_trials.log",
    benchmark:
        STORE.log_folder("{key}") / "plot_trials.tsv"


use rule judge as make_dataset with:
    """Simulate a bundled dataset: the same bytes every time."""
    output:
        STORE.receipt_path("make_dataset", "{key}"),
    log:
        STORE.log_folder("{key}") / "make_dataset.log",
    benchmark:
        STORE.log_folder("{key}") / "make_dataset.tsv"


use rule plot as describe_dataset with:
    """Check the dataset, write down what is in it, and draw it. A dataset given by its path is only read."""
    output:
        STORE.receipt_path("describe_dataset", "{key}"),
    log:
        STORE.log_folder("{key}") / "describe_dataset.log",
    benchmark:
        STORE.log_folder("{key}") / "describe_dataset.tsv"
