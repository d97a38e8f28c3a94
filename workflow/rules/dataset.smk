"""The dataset: generated if it is a bundled one, checked, described and drawn. A case that takes none has no such stage."""

if DATASET and SETTINGS.dataset_is_bundled:

    rule make_dataset:
        """Simulate a bundled dataset: the same bytes every time."""
        input:
            sources=sources("cases/gimbal/generate.py", "cases/gimbal/geometry.py"),
        output:
            DATASET,
        log:
            f"{DATASETS}/{SETTINGS.dataset}.log",
        benchmark:
            f"{DATASETS}/{SETTINGS.dataset}.tsv"
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: attempt * SUPERVISOR_MB,
            runtime=5,
        params:
            name=SETTINGS.dataset,
        shell:
            "python scripts/make_dataset.py --name {params.name} --out {output} 2>&1 | tee {log}"


if LOOK_AT_DATASET:

    rule describe_dataset:
        """Check the dataset, write down what is in it, and draw it. A dataset given by its path is only read."""
        input:
            dataset=DATASET,
            sources=[
                *CASE_SOURCES,
                *sources("cases/gimbal/picture.py", "record.py"),
            ],
        output:
            facts=f"{D}/results/dataset.json",
            picture=report(
                f"{D}/plots/dataset/dataset.png",
                caption="../report/dataset.rst",
                category="4 Dataset",
            ),
        log:
            f"{D}/debug_outputs/describe_dataset.log",
        benchmark:
            f"{D}/debug_outputs/describe_dataset.tsv"
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: attempt * 2000,
            runtime=5,
        shell:
            "python scripts/make_dataset.py --path {input.dataset:q} --describe {output.facts}"
            " --picture {output.picture} 2>&1 | tee {log}"
