"""The stages by name, the modules that do the work of each, and keys that cover the code as it is now."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping

from faultline.core.record import SCHEMAS
from faultline.experiments import experiment
from faultline.store.keys import closure, digest
from faultline.store.objects import Store
from faultline.targets import bundled
from faultline.targets.case import Signature
from faultline.targets.pipeline_keys import variables

MEASURE, SAMPLE, JUDGE, PLOT = "measure", "sample", "judge", "plot"
JUDGE_TRIALS, PLOT_TRIALS, JUDGE_REMEDIES = "judge_trials", "plot_trials", "judge_remedies"
PLOT_SIZES, MAKE_DATASET, DESCRIBE_DATASET = "plot_sizes", "make_dataset", "describe_dataset"
GROUP, SUMMARY, DATASET, SIZES, TRIALS = "group", "summary", "dataset", "size_ladder", "trials"
SCHEMA = SCHEMAS / "record.schema.json"  # what a judged record has to fit
CODE = {
    MEASURE: ("faultline.run.supervisor",),
    JUDGE: ("faultline.diagnosis.rules",),
    PLOT: ("faultline.report.plots.stage",),
    PLOT_SIZES: ("faultline.report.plots.size",),
    JUDGE_TRIALS: ("faultline.diagnosis.trials.judging",),
    JUDGE_REMEDIES: ("faultline.diagnosis.remedies.judging",),
    PLOT_TRIALS: ("faultline.report.plots.trials",),
    TRIALS: ("faultline.report.trials_page",),
    GROUP: ("faultline.report.group_page",),
    SUMMARY: ("faultline.report.summary",),
}
"""Stage -> the modules that do its work; what they import belongs to it."""
PARTS = {MAKE_DATASET: "generate", DESCRIBE_DATASET: "picture"}
"""Stage -> the module of a bundled case that does its work."""


def group_key(judged: str, plotted: str, store: Store) -> str:
    """The key of what is published for a group, by the code as it is now."""
    return digest({"judged": judged, "plotted": plotted, "code": code_digest(GROUP, store)})[:32]


def trials_key(judged: str, plotted: str, store: Store) -> str:
    """The key of what is published of the trials, by the code as it is now."""
    return digest({"judged": judged, "plotted": plotted, "code": code_digest(TRIALS, store)})[:32]


def summary_key(
    judged: Mapping[str, str],
    sizes: str | None,
    store: Store,
    trials: str | None = None,
    remedies: str | None = None,
) -> str:
    """The key of the summary of judged records, by the code as it is now."""
    about = {"records": dict(judged), "sizes": sizes, **({"trials": trials} if trials else {})}
    about |= {"remedies": remedies} if remedies else {}
    return digest({**about, "code": code_digest(SUMMARY, store)})[:32]


def modules_of(stage: str, of: str | None = None) -> tuple[str, ...]:
    """The modules that do the work of a stage.

    ``of``: the kind of experiment where it measures; the bundled case where that makes or describes its data.
    """
    if stage in (MEASURE, SAMPLE):
        return (*CODE[MEASURE], experiment(str(of)).module)
    if stage in PARTS:
        return (bundled.dotted(str(of), PARTS[stage]),)
    return CODE[stage]


def code_digest(stage: str, store: Store, of: str | None = None) -> str:
    """Digest of all source files of Faultline that a stage runs; ``of`` as in `modules_of`."""
    code = closure(modules_of(stage, of), store.digests)
    return digest([code, store.digests.of(SCHEMA)] if stage == JUDGE else code)


def inputs_digests(signature: Signature, store: Store) -> dict[str, str]:
    """Path from the case -> digest of each file that its stages may read."""
    return {name: store.digests.of(path) for name, path in signature.inputs.items()}


def environment(signature: Signature) -> dict[str, str]:
    """Name -> digest of the value of each environment variable that is set and that the case's files name where they read any."""
    found = set()
    for path in signature.files:
        text = path.read_bytes() if path.suffix == ".py" else b""
        if b"environ" in text or b"getenv" in text:
            found |= variables([ast.parse(text)])
    return {name: digest(os.environ[name]) for name in sorted(found - {"_"}) if name in os.environ}


def sources_digest(signature: Signature, store: Store) -> str:
    """Digest of the case's source files: of a bundled one the modules that its model imports."""
    if signature.ref in bundled.CASES:
        return digest(closure([bundled.dotted(signature.ref, "model")], store.digests))
    return digest([[path.name, store.digests.of(path)] for path in signature.files])
