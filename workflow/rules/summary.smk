"""The picture of the size ladder, the summary over all groups, and the archive of what earlier tools left."""

if SIZES:

    rule plot_size_ladder:
        """Draw what becomes of the failing configuration as frames are added, from the records alone."""
        input:
            records=expand(f"{D}/results/results_{{group}}.json", group=[same_model(LADDER).name, *SIZES]),
            sources=DRAWING,
        output:
            report(
                SIZE_PICTURE,
                caption="../report/size_ladder.rst",
                category="3 Pictures",
                subcategory="size_ladder",
            ),
        log:
            f"{D}/debug_outputs/plot_size_ladder.log",
        benchmark:
            f"{D}/debug_outputs/plot_size_ladder.tsv"
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: attempt * 2000,
            runtime=10,
        shell:
            "python scripts/plot_size_ladder.py --records {input.records} --output {output} 2>&1 | tee {log}"


rule summarise:
    """Say which group fails first, what that implies, what is ruled out and what to do next."""
    input:
        records=expand(f"{D}/results/results_{{group}}.json", group=GROUPS),
        reports=expand(f"{D}/report_{{group}}.html", group=GROUPS),
        size_picture=SIZE_PICTURE,
        sources=sources(
            "summary.py",
            "verdict/*.py",
            "sections/*.py",
            "gains.py",
            "html.py",
            "markdown.py",
            "words.py",
            "thresholds.py",
            "sizes.py",
            "outcome.py",
            "record.py",
        ),
    output:
        markdown=f"{D}/report_summary.md",
        html=report(
            f"{D}/report_summary.html",
            caption="../report/summary.rst",
            category="1 Summary",
            labels={"report": "summary"},
        ),
        record=f"{D}/results/summary.json",
    log:
        f"{D}/debug_outputs/summarise.log",
    benchmark:
        f"{D}/debug_outputs/summarise.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * SUPERVISOR_MB,
        runtime=5,
    params:
        suite_dir=lambda wildcards, output: os.path.dirname(output.markdown),
    shell:
        "python scripts/report_summary.py --records {input.records} --suite_dir {params.suite_dir}"
        " 2>&1 | tee {log}"


rule archive_legacy:
    """Move the results_tg*.json and report_tg*.md of earlier tools to archive/; nothing is deleted or replaced."""
    log:
        f"{D}/debug_outputs/archive_legacy.log",
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=SUPERVISOR_MB,
        runtime=5,
    shell:
        "python scripts/archive_legacy.py --suite_dir $(dirname $(dirname {log})) 2>&1 | tee {log}"
