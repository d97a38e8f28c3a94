"""One group of the ladder: measure -> judge -> plot -> report. One rule per stage serves every group."""

# What builds and measures a model. Of the verdict only what decides whether a group samples on.
MEASURING = [
    *CASE_SOURCES,
    *sources(
        "case.py",
        "source.py",
        "ladder.py",
        "measure.py",
        "process.py",
        "forked.py",
        "worker.py",
        "experiment.py",
        "subject.py",
        "looking.py",
        "sampling.py",
        "backend.py",
    ),
    *sources(
        "gradients.py",
        "xla.py",
        "operations.py",
        "blocked.py",
        "op_by_op.py",
        "density.py",
        "conditional.py",
        "apart.py",
        "discrete.py",
        "gains.py",
        "samplers/*.py",
    ),
    *sources(
        "layout.py", "probes/*.py", "verdict/figures.py", "verdict/check.py", "thresholds.py", "record.py"
    ),
]
# What draws the pictures of a group, and of the size ladder.
DRAWING = sources(
    "plots/*.py",
    "gains.py",
    "markdown.py",
    "words.py",
    "thresholds.py",
    "sizes.py",
    "outcome.py",
    "record.py",
)


rule measure:
    """Build the model of a group and look at its log-probability and its gradient."""
    input:
        dataset=DATASET or [],
        sources=MEASURING,
    output:
        record=f"{D}/results/measured_{{group}}.json",
    log:
        f"{D}/debug_outputs/{{group}}/measure.log",
    benchmark:
        f"{D}/debug_outputs/{{group}}/measure.tsv"
    wildcard_constraints:
        group="|".join(LOOKING),
    conda:
        "../../envs/measure.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * (SETTINGS.limits.memory_mb + SUPERVISOR_MB),
        runtime=SETTINGS.limits.total // 60 + 5,
    params:
        suite=SETTINGS.suite,
        case=CASE.ref,
        components=repeated("component", CASE.choose_components(SETTINGS.components)),
        variants=repeated("variant", VARIANTS),
        dataset=lambda wildcards, input: str(input.dataset) or "none",
        max_T=lambda wildcards: MEASURED[wildcards.group].size or MAX_T or "none",
        max_K=MAX_K or "none",
        seed=SETTINGS.seed,
        sampler=sampler_options,
        limit_compile=SETTINGS.limits.compile,
        limit_total=SETTINGS.limits.total,
        limit_memory_mb=SETTINGS.limits.memory_mb,
    shell:
        "python scripts/run_group.py --stage measure --group {wildcards.group} --suite {params.suite}"
        " --case {params.case:q} {params.components} {params.variants} --dataset_name {params.dataset:q}"
        " --max_T {params.max_T} --max_K {params.max_K} --seed {params.seed} {params.sampler}"
        " --limit_compile {params.limit_compile} --limit_total {params.limit_total}"
        " --limit_memory_mb {params.limit_memory_mb} $FAULTLINE_RUN 2>&1 | tee {log}"


use rule measure as sample with:
    """Do the same for a group that samples, and sample."""
    output:
        record=f"{D}/results/measured_{{group}}.json",
        draws=f"{D}/debug_outputs/{{group}}/draws.nc",
    wildcard_constraints:
        group="|".join(name for name, group in MEASURED.items() if group.samples),
    threads: SETTINGS.sampler.chains


rule judge:
    """Hold what was measured against the decision rules: the group's record with its checks and its verdict."""
    input:
        record=lambda wildcards: f"{D}/results/measured_{GROUPS[wildcards.group].measured}.json",
        sources=sources("verdict/*.py", "gains.py", "thresholds.py", "sizes.py", "outcome.py", "record.py"),
    output:
        record=f"{D}/results/results_{{group}}.json",
    log:
        f"{D}/debug_outputs/{{group}}/judge.log",
    benchmark:
        f"{D}/debug_outputs/{{group}}/judge.tsv"
    wildcard_constraints:
        group="|".join(GROUPS),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * SUPERVISOR_MB,
        runtime=5,
    shell:
        "python scripts/judge_group.py --record {input.record} --group {wildcards.group}"
        " --output {output.record} 2>&1 | tee {log}"


rule plot_sampling:
    """Draw how a group sampled: traces, convergence, energy, step size and tree depth, and where it diverged."""
    input:
        record=lambda wildcards: f"{D}/results/measured_{GROUPS[wildcards.group].measured}.json",
        draws=lambda wildcards: f"{D}/debug_outputs/{GROUPS[wildcards.group].measured}/draws.nc",
        sources=DRAWING,
    output:
        pictures=report(
            [
                f"{D}/plots/{{group}}/divergence_pairs.png",
                f"{D}/plots/{{group}}/trace_selected.png",
                f"{D}/plots/{{group}}/rhat_ess.png",
                f"{D}/plots/{{group}}/energy.png",
                f"{D}/plots/{{group}}/step_size_treedepth.png",
            ],
            caption="../report/pictures.rst",
            category="3 Pictures",
            subcategory="{group}",
        ),
        manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
    log:
        f"{D}/debug_outputs/{{group}}/plot.log",
    benchmark:
        f"{D}/debug_outputs/{{group}}/plot.tsv"
    wildcard_constraints:
        group="|".join(SAMPLING),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 2000,
        runtime=10,
    shell:
        "python scripts/plot_group.py --record {input.record} --group {wildcards.group}"
        " --draws {input.draws} 2>&1 | tee {log}"


use rule plot_sampling as plot_apart with:
    """Draw what taking the model apart showed: what helps when it is held, and the pair, the jump or the modes behind it."""
    input:
        # Judged, not only measured: the pictures show the suspects that the checks name.
        record=f"{D}/results/results_{{group}}.json",
        draws=f"{D}/debug_outputs/{{group}}/draws.nc",
        sources=DRAWING,
    output:
        pictures=report(
            [f"{D}/plots/{{group}}/held.png", f"{D}/plots/{{group}}/suspects.png"],
            caption="../report/pictures.rst",
            category="3 Pictures",
            subcategory="{group}",
        ),
        manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
    wildcard_constraints:
        # No group must not mean any group.
        group="|".join(APART) or "none",


rule plot_build:
    """Draw the terms of the log-probability."""
    input:
        record=f"{D}/results/measured_{{group}}.json",
        sources=DRAWING,
    output:
        pictures=report(
            [f"{D}/plots/{{group}}/logp_terms.png"],
            caption="../report/pictures.rst",
            category="3 Pictures",
            subcategory="{group}",
        ),
        manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
    log:
        f"{D}/debug_outputs/{{group}}/plot.log",
    benchmark:
        f"{D}/debug_outputs/{{group}}/plot.tsv"
    wildcard_constraints:
        group="|".join(group.name for group in LADDER if group.kind == "build"),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 2000,
        runtime=10,
    shell:
        "python scripts/plot_group.py --record {input.record} 2>&1 | tee {log}"


use rule plot_build as plot_gradient with:
    """Draw the gradient by variable."""
    output:
        pictures=report(
            [f"{D}/plots/{{group}}/gradient.png"],
            caption="../report/pictures.rst",
            category="3 Pictures",
            subcategory="{group}",
        ),
        manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
    wildcard_constraints:
        group="|".join(group.name for group in LADDER if group.kind == "gradient"),


rule report_group:
    """Write the report of a group from its record and its pictures."""
    input:
        record=f"{D}/results/results_{{group}}.json",
        manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
        sources=sources(
            "report.py",
            "sections/*.py",
            "gains.py",
            "thresholds.py",
            "html.py",
            "markdown.py",
            "words.py",
            "sizes.py",
            "outcome.py",
            "record.py",
        ),
    output:
        markdown=f"{D}/report_{{group}}.md",
        html=report(
            f"{D}/report_{{group}}.html",
            caption="../report/group.rst",
            category="2 Groups",
            labels={"group": "{group}"},
        ),
    log:
        f"{D}/debug_outputs/{{group}}/report.log",
    benchmark:
        f"{D}/debug_outputs/{{group}}/report.tsv"
    wildcard_constraints:
        group="|".join(GROUPS),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * SUPERVISOR_MB,
        runtime=5,
    shell:
        "python scripts/report_group.py --record {input.record} 2>&1 | tee {log}"
