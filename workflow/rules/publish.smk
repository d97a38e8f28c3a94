"""Fixed names: copies of what stands in the store, made again when the suite's request file or a receipt has changed.

Local rules: copying takes no time, and only the process that planned knows what is asked.
"""

PUBLISH = 'python -P -m faultline publish {params.what} --suite_dir {params.suite:q} --key {params.key} > {log:q} 2>&1 || {{ test -n "${{FAULTLINE_SCREEN:-}}" || cat {log:q} >&2; exit 1; }}'
KINDS = {}
for _group in PLAN.groups.values():
    KINDS.setdefault(_group.group.trial.kind, []).append(re.escape(_group.group.name))
PUBLISHED = {
    kind: ("|".join(names), PICTURES[kind], experiment(kind).samples) for kind, names in KINDS.items()
}
if GROWS:  # groups that a later round asks for: what all kinds have
    PUBLISHED["more"] = (f"(?!({'|'.join(map(re.escape, PLAN.groups))})[./])group_[0-9]+_[^/]+", [], False)

for _kind, (_names, _pictures, _draws) in PUBLISHED.items():

    rule:
        name:
            f"publish_{_kind}"
        input:
            request=f"{D}/requests/{{group}}.json",
            measured=lambda wildcards: receipt(PLAN.groups[wildcards.group].measured),
            judged=lambda wildcards: receipt(PLAN.groups[wildcards.group].judged),
            plotted=lambda wildcards: receipt(PLAN.groups[wildcards.group].plotted),
        output:
            markdown=f"{D}/report_{{group}}.md",
            html=f"{D}/report_{{group}}.html",
            embedded=report(
                f"{D}/{EMBEDDED}/report_{{group}}.html",
                caption="../report/group.rst",
                category="2 Groups",
                labels={"group": "{group}"},
            ),
            record=f"{D}/results/results_{{group}}.json",
            measured=f"{D}/results/measured_{{group}}.json",
            pictures=report(
                [f"{D}/plots/{{group}}/{file}" for file in _pictures],
                caption="../report/pictures.rst",
                category="3 Pictures",
                subcategory="{group}",
            ),
            manifest=f"{D}/plots/{{group}}/artifacts_manifest.json",
            draws=([f"{D}/debug_outputs/{{group}}/draws.nc"] if _draws else []),
        log:
            f"{D}/debug_outputs/{{group}}/publish.log",
        wildcard_constraints:
            group=_names,
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what=lambda wildcards: f"group --name {wildcards.group}",
            suite=D,
            key=lambda wildcards: PLAN.groups[wildcards.group].published,
        shell:
            PUBLISH


if FURTHER:

    checkpoint round:
        """The outcomes of what was asked for so far: the design, or its trials, may ask for more."""
        input:
            lambda wildcards: [receipt(key) for key in ROUNDS[wildcards.round]],
        output:
            f"{D}/requests/rounds/{{round}}",
        log:
            f"{D}/debug_outputs/rounds/{{round}}.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        shell:
            "touch {output:q} 2> {log:q}"


if PLAN.summary:

    rule summarise:
        """Say which group fails first, what that implies, what is ruled out and what to do next."""
        input:
            request=f"{D}/requests/summary.json",
            records=lambda wildcards: [receipt(group.judged) for group in every_group().values()],
            reports=lambda wildcards: [f"{D}/report_{group}.html" for group in every_group()],
            trials=[f"{D}/report_trials.html"] if PLAN.trials else [],
            remedies=lambda wildcards: [receipt(found.judged)] if (found := everything().remedies) else [],
            size_picture=[f"{D}/plots/size_ladder.png"] if PLAN.sizes else [],
        output:
            markdown=f"{D}/report_summary.md",
            html=f"{D}/report_summary.html",
            embedded=report(
                f"{D}/{EMBEDDED}/report_summary.html",
                caption="../report/summary.rst",
                category="1 Summary",
                labels={"report": "summary"},
            ),
            record=f"{D}/results/summary.json",
        log:
            f"{D}/debug_outputs/summarise.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what="summary",
            suite=D,
            key=lambda wildcards: PLAN.summary,
        shell:
            PUBLISH


if PLAN.trials:

    rule publish_trials:
        """What each change does, alone and put back."""
        input:
            request=f"{D}/requests/trials.json",
            judged=lambda wildcards: receipt(everything(of_trials).trials.judged),
            picture=lambda wildcards: receipt(everything(of_trials).trials.plotted),
        output:
            markdown=f"{D}/report_trials.md",
            html=f"{D}/report_trials.html",
            embedded=report(
                f"{D}/{EMBEDDED}/report_trials.html",
                caption="../report/trials.rst",
                category="1 Summary",
                labels={"report": "trials"},
            ),
            record=f"{D}/results/trials.json",
            picture=report(
                f"{D}/plots/trials.png",
                caption="../report/trials.rst",
                category="3 Pictures",
                subcategory="trials",
            ),
        log:
            f"{D}/debug_outputs/publish_trials.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what="trials",
            suite=D,
            key=lambda wildcards: PLAN.trials.published,
        shell:
            PUBLISH


if PLAN.sizes:

    rule publish_size_ladder:
        """The picture of the size ladder."""
        input:
            request=f"{D}/requests/size_ladder.json",
            picture=receipt(PLAN.sizes),
        output:
            report(
                f"{D}/plots/size_ladder.png",
                caption="../report/size_ladder.rst",
                category="3 Pictures",
                subcategory="size_ladder",
            ),
        log:
            f"{D}/debug_outputs/publish_size_ladder.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what="sizes",
            suite=D,
            key=PLAN.sizes,
        shell:
            PUBLISH


if PLAN.look:

    rule publish_dataset_facts:
        """The facts about the dataset, and its picture."""
        input:
            request=f"{D}/requests/dataset.json",
            facts=receipt(PLAN.look),
        output:
            facts=f"{D}/results/dataset.json",
            picture=report(
                f"{D}/plots/dataset/dataset.png",
                caption="../report/dataset.rst",
                category="4 Dataset",
            ),
        log:
            f"{D}/debug_outputs/publish_dataset_facts.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what="look",
            suite=D,
            key=PLAN.look,
        shell:
            PUBLISH


if PLAN.dataset:
    BUNDLED_DATASET = PLAN.requests[PLAN.dataset]["name"]

    rule publish_dataset:
        """A bundled dataset under its name, shared by all suites."""
        input:
            request=f"{DATASETS}/requests/{BUNDLED_DATASET}.json",
            dataset=receipt(PLAN.dataset),
        output:
            f"{DATASETS}/{BUNDLED_DATASET}.npz",
        log:
            f"{DATASETS}/{BUNDLED_DATASET}.log",
        localrule: True
        conda:
            "../../envs/report.yaml"
        threads: 1
        resources:
            mem_mb=SUPERVISOR_MB,
            runtime=5,
        params:
            what=f"dataset --name {BUNDLED_DATASET}.npz",
            suite=lambda wildcards, output: os.path.dirname(output[0]),
            key=PLAN.dataset,
        shell:
            PUBLISH


rule archive_legacy:
    """Move the results_tg*.json and report_tg*.md of earlier tools to archive/; nothing is deleted or replaced."""
    log:
        f"{D}/debug_outputs/archive_legacy.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=SUPERVISOR_MB,
        runtime=5,
    params:
        suite=D,
    shell:
        "python -P -m faultline archive --suite_dir {params.suite:q} 2>&1 | tee {log}"
