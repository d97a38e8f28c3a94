"""A workflow of Snakemake's as a stage: what is read of it, and what is said of one that fails."""

import pytest

from faultline.core.errors import InputError
from faultline.targets.case import read_signature
from faultline.targets.snakefile import _why

CASE = """
PIPELINE = "flow/Snakefile"
TOGGLES = {"rate": ("1e-1", "1e-3")}
FACTS = {"fit": "results/fit.json"}
CRITERIA = {"workflow.fit.error": {"at_most": 1, "words": "the error"}}


def check(workflow, run):
    return run.output()
"""
SNAKEFILE = """
include: "rules/fit.smk"

rule all:
    input: "results/fit.json"
"""


@pytest.fixture
def case(tmp_path):
    for name, text in {
        "flow/Snakefile": SNAKEFILE,
        "flow/rules/fit.smk": 'rule fit:\n    script: "../scripts/fit.py"\n',
        "flow/scripts/fit.py": "import helpers\n",
        "flow/scripts/helpers.py": "",
        "flow/scripts/notes.txt": "",
        "flow/other.py": "",
        "results/fit.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    path = tmp_path / "case.py"
    path.write_text(CASE)
    return path


def test_a_snakefile_is_a_stage_that_others_can_take(case):
    signature = read_signature(str(case))
    assert [(stage.name, stage.inputs, stage.toggles) for stage in signature.stages] == [
        ("workflow", (), ("rate",)),
        ("check", ("workflow",), ()),
    ]
    assert signature.target == "pipeline" and signature.variants["rate"].default == "1e-1"


def test_what_decides_a_workflow_are_the_files_that_it_names_and_the_code_beside_them(case):
    files = [str(path.relative_to(case.parent)) for path in read_signature(str(case)).workflow.files]
    assert files == ["flow/Snakefile", "flow/rules/fit.smk", "flow/scripts/fit.py", "flow/scripts/helpers.py"]


def test_what_a_snakefile_imports_or_names_decides_it_whatever_its_kind(case):
    (case.parent / "flow" / "Snakefile").write_text(
        f'import other\nfrom own.steps import one\n{SNAKEFILE}\nBASE = os.path.join(workflow.basedir, "base.json")\n'
    )
    for name in ("own/__init__.py", "own/steps.py", "base.json", "notes.json", "unused.py"):
        (case.parent / "flow" / name).parent.mkdir(exist_ok=True)
        (case.parent / "flow" / name).write_text("")
    files = {str(path.relative_to(case.parent / "flow")) for path in read_signature(str(case)).workflow.files}
    assert files >= {"other.py", "own/__init__.py", "own/steps.py", "base.json"}
    assert "notes.json" not in files


def test_a_seed_is_given_where_the_workflow_mentions_one(case):
    assert not read_signature(str(case)).workflow.seeded
    (case.parent / "flow" / "scripts" / "helpers.py").write_text("seed = snakemake.config['seed']")
    assert read_signature(str(case)).workflow.seeded


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("flow/Snakefile", "Snakefile", "there is no Snakefile 'Snakefile' beside the case"),
        ('{"rate": ', '{"model.rate": ', "'model.rate' must be a key of the config"),
        ('{"rate": ', '{"r": ', "'r' must be a key of the config, of two letters or more"),
        ('("1e-1", "1e-3")', "()", "have choices"),
        ('("1e-1", "1e-3")', '("a;b",)', "cannot be used in a command"),
        ("results/fit.json", "../fit.json", "its file a path from the folder that the workflow runs in"),
        ('{"fit": "results/fit.json"}', "{}", "PIPELINE needs FACTS"),
        ("def check(workflow, run)", "def workflow(run)", "give the function another name"),
        ("\n\n\n", '\nSCENARIOS = {"small": {"n": [1]}}\n', "Snakemake cannot be given n=[1]"),
        ("workflow.fit", "fit.fit", "the stages are check, workflow"),
    ],
)
def test_a_mistake_in_what_is_said_of_a_workflow_is_one_sentence(case, old, new, sentence):
    assert CASE.count(old)
    case.write_text(CASE.replace(old, new))
    with pytest.raises(InputError) as mistake:
        read_signature(str(case))
    assert sentence in str(mistake.value) and len(str(mistake.value)) <= 400


def test_a_pipeline_of_functions_may_have_constants_of_these_names(case):
    case.write_text("FACTS = len('x')\nTOGGLES = 3\n\n\ndef fit(run):\n    return run.output()\n")
    assert read_signature(str(case)).workflow is None


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (
            "Building DAG of jobs...\nlocalrule fit:\n    input: x\nTraceback (most recent call last):\n"
            "ValueError: too hot\nRuleException:\nCalledProcessError in file x\nError in rule fit:\n    message: None\n",
            "rule fit fails: ValueError: too hot",
        ),
        ("localrule fit:\n    input: x\n[Tue Dec  1]\nError in rule fit:\n    jobid: 1\n", "rule fit fails"),
        (
            'Building DAG of jobs...\nMissingInputException in rule fit in file "/home/a/flow/Snakefile", line 3:\nMissing input files for rule fit:\n    x.csv\n',
            "INPUTS does not name a file that the workflow reads: MissingInputException in rule fit in file Snakefile, line 3: Missing input files for "
            "rule fit: x.csv",
        ),
        (
            'WorkflowError in file "/home/a/flow/Snakefile", line 1:\nWorkflow defines configfile config.yaml but it is not present or accessible (full '
            "checked path: /home/a/config.yaml).\n",
            "INPUTS does not name a file that the workflow reads: WorkflowError in file Snakefile, line 1: Workflow defines configfile config.yaml but it is "
            "not present or accessible.",
        ),
        ("one\ntwo\nthree\nfour\n", "two three four"),
    ],
)
def test_what_a_workflow_says_last_is_told(printed, said):
    assert _why(printed) == said
