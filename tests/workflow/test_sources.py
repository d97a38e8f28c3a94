"""A stage's key covers every module of Faultline that the stage runs, so that no edit of the code goes unnoticed."""

import json
import subprocess
import sys

import pytest

from faultline.experiments import EXPERIMENTS
from faultline.jobs.stages import inputs
from faultline.plan.stage_keys import DESCRIBE_DATASET, JUDGE, MAKE_DATASET, MEASURE, PLOT, SAMPLE, modules_of
from faultline.store.keys import Digests, closure
from faultline.targets import bundled

pytestmark = pytest.mark.slow

# How a stage is called and handed its files: none of it decides what is in the object.
PLUMBING = (
    *(
        "faultline.cli",
        "faultline.cli.stage",
        "faultline.jobs",
        "faultline.jobs.stages",
        "faultline.jobs.publish",
        "faultline.plan",
        "faultline.plan.notes",
        "faultline.plan.requests",
        "faultline.plan.planned",
        "faultline.plan.stage_keys",
        "faultline.plan.trials",
        "faultline.plan.two_sides",
    ),
    *("faultline.store.objects", "faultline.store.suite", "faultline.store.keys", "faultline.store"),
    *(
        "faultline.plan.blocks",
        "faultline.plan.config",
        "faultline.core.checking",
        "faultline.core.settings",
        "faultline.plan.ladder",
        "faultline.plan.trial",
        "faultline.experiments.stage_order",
        "faultline.core.commits",
        "faultline.targets.pipeline_keys",
        "faultline.targets.revisions",
        "faultline.criteria.data_contract",
        "faultline.targets.opened",
        "faultline.targets.entry",
        "faultline.targets.data_files",
        "faultline.targets.pickled",
        "faultline.targets.pipeline",
        "faultline.targets.pipeline_literals",
        "faultline.targets.scenarios",
        "faultline.targets.snakefile",
        "faultline.core.locks",
        "faultline.core.check",
        "faultline.experiments",
    ),
    # What the bundled cases are called: their literals.
    *("faultline.cases", *(f"faultline.cases.{case}" for case in bundled.CASES)),
    # What a terminal says of a measurement, and where it is published; how it ended, to try it once more.
    *(
        f"faultline.core.sections{name}"
        for name in (
            "",
            ".section",
            ".run",
            ".model",
            ".probes",
            ".ablation",
            ".case_checks",
            ".own_run",
            ".pipeline",
            ".record",
        )
    ),
    *("faultline.jobs.progress", "faultline.plan.suites"),
    # What the scripts read beside the stage that is asked for; measuring names them as its own.
    *(
        "faultline.run",
        "faultline.run.supervisor",
        "faultline.run.forked",
        "faultline.run.process",
        "faultline.engine.backend",
    ),
    *(
        "faultline.engine",
        "faultline.targets",
        "faultline.targets.case",
        "faultline.targets.source",
        "faultline.engine.layout",
        "faultline.targets.declared",
        "faultline.targets.literals",
        "faultline.targets.case_checks",
        "faultline.targets.bundled",
        "faultline.store.arrays",
    ),
)
RUN = """
import atexit, json, os, runpy, sys
def tell():
    names = sorted(name for name in sys.modules if name.split(".")[0] == "faultline")
    with open(os.environ["TOLD"], "a") as file:
        file.write(json.dumps(names) + "\\n")
atexit.register(tell)
end = os._exit
os._exit = lambda code: (tell(), end(code))
"""


@pytest.fixture(scope="module")
def ran(finished, tmp_path_factory):
    """What a stage really imports: its modules, of all processes that it starts, when its object is made anew."""
    project = finished.copy(tmp_path_factory.mktemp("ran") / "project")
    hook = tmp_path_factory.mktemp("hook")
    (hook / "sitecustomize.py").write_text(RUN)
    store = project.root / "tests" / "diagnostics" / ".store"

    def run(stage: str, group: str) -> set[str]:
        keys = project.asked(group)
        key = keys[{MEASURE: "measured", SAMPLE: "measured", JUDGE: "judged", PLOT: "plotted"}[stage]]
        (store / "objects" / key).rename(hook / key)
        told = hook / f"{key}.jsonl"
        path = f"{hook}:{project.root / 'src'}"
        subprocess.run(
            [
                sys.executable,
                "scripts/run_stage.py",
                store / "requests" / f"{key}.json",
                hook / "receipt.json",
            ],
            cwd=project.root,
            env={**project.environment, "PYTHONPATH": path, "TOLD": str(told)},
            check=True,
            capture_output=True,
        )
        return {name for line in told.read_text().splitlines() for name in json.loads(line)}

    return run


@pytest.fixture(scope="module")
def digests(tmp_path_factory) -> Digests:
    return Digests(tmp_path_factory.mktemp("digests") / "digests.json")


@pytest.mark.parametrize(
    ("stage", "group", "kind"),
    [
        (MEASURE, "group_1_build_only_sanity", "build"),
        (MEASURE, "group_2_gradient_sanity", "gradient"),
        (SAMPLE, "group_3_sampling_baseline_minimal", "sampling"),
        (SAMPLE, "group_7_likelihood_only_freeze_latents", "frozen"),
        (JUDGE, "group_3_sampling_baseline_minimal", None),
        (PLOT, "group_1_build_only_sanity", None),
        (PLOT, "group_3_sampling_baseline_minimal", None),
    ],
)
def test_what_a_stage_imports_is_in_its_key(ran, digests, stage, group, kind):
    imported = ran(stage, group)
    assert len(imported) > 10
    code = closure(modules_of(stage, kind), digests)
    assert imported - set(code) - set(PLUMBING) == set()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.kind)
def test_code_that_does_not_measure_is_no_reason_to_measure(digests, experiment):
    """The other direction: a sentence, a picture or another experiment may never cost a minute of sampling."""
    code = set(closure(modules_of(MEASURE, experiment.kind), digests))
    rooms = ("findings", "diagnosis", "report", "jobs", "cli", "plan", "cases")
    assert {name for name in code if name.split(".")[1:2] and name.split(".")[1] in rooms} == set()
    assert {"faultline.experiments.measurement", "faultline.run.worker", experiment.module} <= code
    reads = {"frozen": {"faultline.experiments.sampling"}}.get(experiment.kind, set())
    assert {other.module for other in EXPERIMENTS if other != experiment} & code == reads


def test_a_bundled_model_is_in_the_key_by_what_it_imports(digests):
    code = set(closure([bundled.dotted("gimbal", "model")], digests))
    assert "faultline.cases.gimbal.model" in code
    assert not any("picture" in name or "generate" in name for name in code)


@pytest.mark.parametrize(("stage", "part"), [(MAKE_DATASET, "generate"), (DESCRIBE_DATASET, "picture")])
def test_a_bundled_dataset_is_in_the_key_by_the_module_that_makes_it(digests, stage, part):
    code = set(closure(modules_of(stage, "gimbal"), digests))
    assert {f"faultline.cases.gimbal.{name}" for name in (part, "geometry")} <= code
    assert "faultline.cases.gimbal.model" not in code


def test_every_stage_of_a_toy_suite_is_asked_under_a_key_of_its_own(finished):
    """Equal keys are equal requests; what a stage reads is part of its key."""
    folder = finished.root / "tests" / "diagnostics" / ".store" / "requests"
    requests = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    assert (
        len(requests) == 24
    )  # seven groups, and the smallest that fails, taken apart: measured, judged, drawn
    for request in requests.values():
        assert set(inputs(request)) <= set(requests)
        assert not {"run_id", "suite"} & set(request)
        if request["stage"] in (MEASURE, SAMPLE):
            assert not {"group", "number", "title", "name"} & set(request)
