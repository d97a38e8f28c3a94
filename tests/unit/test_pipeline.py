"""A pipeline: its stages as they are parsed, what decides a stage, what a stage is given, and what has to hold of what it leaves."""

import ast
from dataclasses import replace

import numpy as np
import pytest

from faultline.core.errors import InputError, is_internal
from faultline.core.sections.pipeline import PipelineRun, Wanted
from faultline.core.sections.record import Record
from faultline.findings.pipeline import checks
from faultline.report.sections.pipeline import sections
from faultline.targets.case import read_signature
from faultline.targets.pipeline import Stage, read_pipeline
from faultline.targets.pipeline_keys import Sources
from faultline.targets.pipeline_run import Run
from faultline.targets.source import find_source

TEXT = '''
from typing import Literal

import helpers

SCALE = 2.0
CRITERIA = {"fit.loss": {"finite": True, "words": "the loss"}}
PRESETS = {"repaired": {"rate": "low"}}
REPAIRED = "repaired"


def evaluate(fit, data, run, *, rate: Literal["low", "high"] = "high"):
    return run.output(facts={"score": fit.facts["loss"]})


def data(run):
    """Data."""
    return run.output(arrays={"x": run.rng.normal(size=3)})


def fit(data, run, *, rate: Literal["low", "high"] = "high"):
    return run.output(facts={"loss": helpers.loss(data.x) * scaled(1.0)})


def scaled(value):
    return SCALE * value


def idle():
    return 1
'''


@pytest.fixture
def case(tmp_path):
    (tmp_path / "helpers.py").write_text("def loss(x):\n    return float(x @ x)\n")
    path = tmp_path / "pipe.py"
    path.write_text(TEXT)
    return path


def sources(path) -> Sources:
    return Sources(find_source(str(path)))


# --- parsing


def test_stages_come_after_what_they_take_and_else_in_the_order_of_the_file():
    found = read_pipeline("pipe.py", ast.parse(TEXT))
    assert [(stage.name, stage.inputs, stage.toggles) for stage in found.stages] == [
        ("data", (), ()),
        ("fit", ("data",), ("rate",)),
        ("evaluate", ("fit", "data"), ("rate",)),
    ]
    assert found.toggles["rate"].default == "high" and found.reached("rate") == ("fit", "evaluate")


def test_a_file_with_stages_and_no_model_is_a_pipeline(case):
    signature = read_signature(str(case))
    assert signature.target == "pipeline" and signature.repaired == {"rate": "low"}
    case.write_text(f"{TEXT}\n\ndef build():\n    pass\n")
    assert read_signature(str(case)).target == "model"
    case.write_text(f'{TEXT}\nTARGET = "pipeline"\n\n\ndef build():\n    pass\n')
    assert read_signature(str(case)).target == "pipeline"


def test_a_script_may_have_constants_that_are_called_like_what_a_case_declares(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        'LABELS = ["a", "b"]\nTARGET = len(LABELS)\nmodel = pm.Model()\nwith model:\n    pm.Normal("x")\n'
    )
    assert read_signature(str(path)).is_model
    path.write_text("import pymc as pm\n\nCRITERIA = [1]\n\n\ndef build():\n    return pm.Model()\n")
    assert read_signature(str(path)).literals == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def fit(data, run):\n    pass", "stage fit takes data, which is no stage"),
        ("def a(b, run):\n    pass\n\ndef b(a, run):\n    pass", "the stages go in a circle"),
        (
            'from typing import Literal\n\ndef a(run, *, x: Literal["1", "2"] = "1"):\n    pass\n\n'
            'def b(run, *, x: Literal["1", "2"] = "2"):\n    pass',
            "stages a and b give x other choices or another default",
        ),
        ("def a(run, *, x=1):\n    pass", "the argument x of stage a has no Literal of choices"),
        ("def a(*things, run):\n    pass", "stage a must name each of its arguments"),
        ("def a(run):\n    pass\nasync def b(a, run):\n    pass", "stage b is async"),
    ],
)
def test_a_mistake_in_the_stages_is_one_sentence(text, sentence):
    with pytest.raises(InputError) as mistake:
        read_pipeline("pipe.py", ast.parse(text))
    assert sentence in str(mistake.value) and str(mistake.value).count("\n") == 0


@pytest.mark.parametrize(
    ("literal", "sentence"),
    [
        ('CRITERIA = {"fit": {"finite": True, "words": "x"}}', "must be a stage and what it leaves"),
        (
            'CRITERIA = {"fit.loss": {"words": "x"}}',
            "must have exactly one of at_most, at_least, equals, finite",
        ),
        ('CRITERIA = {"fit.loss": {"at_most": 1}}', "lacks words"),
        ('CRITERIA = {"fit.loss": {"at_mots": 1, "words": "x"}}', "has the unknown key 'at_mots'"),
        ('REPAIRED = "mended"', "REPAIRED is 'mended', which is none of PRESETS"),
        ('PRESETS = {"repaired": {"rate": "lowest"}}', "rate must be one of low, high, not 'lowest'"),
        ('TRIED_IN = {"depth": {}}', "'depth' is no toggle of a stage"),
        ('CONTROLS = {"view": ("rate",)}', "'view' is none of PRESETS"),
        (
            'HYPOTHESES = [{"name": "n", "says": "s", "changes": {"rate": "low"}, "predicts": "heals"}]',
            "predicts must be one of cures, no_effect, harms, or what becomes of a figure",
        ),
        (
            'HYPOTHESES = [{"name": "n", "says": "s", "changes": {}, "predicts": {"holds": "fit.other"}}]',
            "says that 'fit.other' holds, which has no limit; add it to CRITERIA or ORACLES",
        ),
        (
            'HYPOTHESES = [{"name": "n", "says": "s", "changes": {"rate": 1e-3}, "predicts": "cures"}]',
            'changes must be a mapping from toggles to choices in quotes, such as {"rate": "1e-3"}, not',
        ),
        (
            'HYPOTHESES = [{"name": "n", "says": "s", "changes": {}, "predicts": "harms", "status": "wrong"}]',
            "status must be 'correct', or left out, not 'wrong'",
        ),
        (
            'HYPOTHESES = [{"name": "n", "says": "s", "changes": {}, "predicts": "harms", "background": "sound"}]',
            "background must be 'failing' or 'repaired', not 'sound'",
        ),
        ('CRITERIA = {"fit.loss": {"at_most": "1", "words": "x"}}', "at_most must be a number, not '1'"),
        ('CRITERIA = {"fit.loss": {"finite": False, "words": "x"}}', "finite must be True, or left out, not"),
        (
            'CONTRACT = {"fit.loss": {"shape": "n"}}',
            "shape must be a list with a length or a name for each axis",
        ),
        (
            'EXIT_CRITERIA = [{"name": "1", "says": "s", "cause": True, "by_hand": "look"}]',
            "is answered by hand and by what was measured; make two of it",
        ),
        (
            'EXIT_CRITERIA = [{"name": "1", "says": "s", "cause": True, "scenarios": ["other"]}]',
            "scenarios names 'other', which there is not",
        ),
        ('EXIT_CRITERIA = [{"name": "1", "says": "s"}]', "asks for nothing; add tried (toggles), holds"),
        (
            'EXIT_CRITERIA = [{"name": "1", "says": "s", "holds": ["fit.other"]}]',
            "holds names 'fit.other', which there is not",
        ),
        ('RESOURCES = {"fit": {"minutes": 0}}', "minutes must be a number above 0, not 0"),
    ],
)
def test_a_mistake_in_what_is_declared_is_one_sentence(case, literal, sentence):
    case.write_text(f"{TEXT}\n{literal}\n")
    with pytest.raises(InputError) as mistake:
        read_signature(str(case))
    assert sentence in str(mistake.value)


def test_the_files_of_inputs_are_found_beside_the_case_in_order(case):
    (case.parent / "data" / "more").mkdir(parents=True)
    for name in ("data/b.csv", "data/a.csv", "data/more/c.csv", "data/a.txt"):
        (case.parent / name).write_text(name)
    case.write_text(f'{TEXT}\nINPUTS = ("data/*.txt", "data/**/*.csv")\n')
    found = read_signature(str(case)).inputs
    assert list(found) == ["data/a.txt", "data/a.csv", "data/b.csv", "data/more/c.csv"]
    assert found["data/a.csv"] == case.parent / "data" / "a.csv"


def test_what_draws_a_stage_is_no_stage_and_in_no_key(case):
    assert not read_signature(str(case)).draws
    before = {name: sources(case).of_stage(name) for name in ("data", "fit", "evaluate")}
    case.write_text(f"{TEXT}\n\ndef picture(stage, output, axes):\n    axes.plot(output.x)\n")
    assert read_signature(str(case)).draws
    assert {name: sources(case).of_stage(name) for name in before} == before
    case.write_text(f"{TEXT}\n\ndef picture(values):\n    return values\n")
    assert not read_signature(str(case)).draws
    case.write_text(f"{TEXT}\n\ndef picture(stage, output):\n    pass\n")
    with pytest.raises(InputError, match=r"write def picture\(stage, output, axes\)"):
        read_signature(str(case))


@pytest.mark.parametrize(
    ("literal", "sentence"),
    [
        ('INPUTS = ("data/*.csv",)', "there is no file 'data/*.csv' beside the case"),
        ('INPUTS = (".",)', "there is no file '.' beside the case"),
        ('INPUTS = "data.csv"', "INPUTS must be of the form"),
    ],
)
def test_inputs_that_are_not_there_are_one_sentence(case, literal, sentence):
    case.write_text(f"{TEXT}\n{literal}\n")
    with pytest.raises(InputError) as mistake:
        read_signature(str(case))
    assert sentence in str(mistake.value)


# --- what decides a stage


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("SCALE = 2.0", "SCALE = 3.0", {"fit"}),
        ("return SCALE * value", "return SCALE * value  # a comment", set()),
        ('"""Data."""', '"""Other words."""', set()),
        ("size=3", "size=4", {"data"}),
        ("return 1", "return 2", set()),
        ('"score"', '"points"', {"evaluate"}),
    ],
)
def test_a_stage_depends_on_what_it_uses_and_on_no_comment(case, old, new, changed):
    before = {name: sources(case).of_stage(name) for name in ("data", "fit", "evaluate")}
    case.write_text(TEXT.replace(old, new))
    after = {name: sources(case).of_stage(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == changed


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        ('CONFIG = {}\nCONFIG["a"] = 1', 'CONFIG = {}\nCONFIG["a"] = 2'),
        ("class Place:\n    pass\n\nPlace.a = 1", "class Place:\n    pass\n\nPlace.a = 2"),
        ("if SCALE:\n    def late():\n        return 1", "if SCALE:\n    def late():\n        return 2"),
        (
            "def set_scale():\n    global SCALE\n    SCALE = 4\nset_scale()",
            "def set_scale():\n    global SCALE\n    SCALE = 5\nset_scale()",
        ),
        (
            "try:\n    import fast as m\nexcept ImportError:\n    import slow as m",
            "try:\n    import fast as m\nexcept ImportError:\n    import other as m",
        ),
        ("from math import *", "from cmath import *"),
        ("ROWS = []\nSIZE = ROWS.append(1)", "ROWS = []\nSIZE = ROWS.append(2)"),
        (
            "USED = {}\n\ndef keep(f):\n    USED[f.__name__] = f\n    return f\n\n@keep\ndef square(x):\n    return x",
            "USED = {}\n\ndef keep(f):\n    USED[f.__name__] = f\n    return f\n\n@keep\ndef square(x):\n    return 2 * x",
        ),
        (
            "class Base:\n    pass\n\nclass One(Base):\n    a = 1",
            "class Base:\n    pass\n\nclass One(Base):\n    a = 2",
        ),
        ("def f(SCALE=SCALE):\n    return SCALE", "def f(SCALE=2 * SCALE):\n    return SCALE"),
    ],
)
def test_what_is_changed_by_the_way_decides_a_stage_that_uses_it(case, written, changed):
    uses = "\n\ndef more(run):\n    return CONFIG, Place, late(), SCALE, m.f, sin, ROWS, USED, Base, f()\n"
    case.write_text(TEXT + written + uses)
    before = sources(case).of_stage("more")
    case.write_text(TEXT + changed + uses)
    assert sources(case).of_stage("more") != before


def test_the_default_of_a_function_is_followed_though_its_argument_has_the_same_name(case):
    uses = "\n\ndef f(SCALE=SCALE):\n    return SCALE\n\n\ndef more(run):\n    return f()\n"
    case.write_text(TEXT + uses)
    before = sources(case).of_stage("more")
    case.write_text(TEXT.replace("SCALE = 2.0", "SCALE = 3.0") + uses)
    assert sources(case).of_stage("more") != before


def test_a_stage_that_looks_names_up_depends_on_its_whole_file(case):
    case.write_text(TEXT.replace("return SCALE * value", 'return globals()["SCALE"] * value'))
    before = sources(case).of_stage("fit"), sources(case).of_stage("data")
    case.write_text(case.read_text().replace("SCALE = 2.0", "SCALE = 3.0"))
    assert sources(case).of_stage("fit") != before[0] and sources(case).of_stage("data") == before[1]


def test_what_a_module_does_when_it_is_imported_decides_every_stage(case):
    (case.parent / "setup.py").write_text("import numpy\n\nnumpy.seterr(all='raise')\n")
    case.write_text(f"import setup\n{TEXT}")
    before = sources(case).of_stage("data")
    (case.parent / "setup.py").write_text("import numpy\n\nnumpy.seterr(all='ignore')\n")
    assert sources(case).of_stage("data") != before


def test_words_may_be_environment_variables_only_where_the_environment_is_read(case):
    assert sources(case).environment("fit") == set()
    case.write_text(TEXT.replace("return SCALE", 'return float(os.environ["SCALE_BY"])'))
    assert "SCALE_BY" in sources(case).environment("fit") and sources(case).environment("data") == set()


@pytest.mark.parametrize(
    ("data", "fit", "shared"),
    [
        ('STATE["n"] = 1', 'STATE["n"]', True),
        ("STATE.update(n=1)", "STATE", True),
        ("del STATE['n']", "STATE", True),
        ("PLACE.n += 1", "PLACE", True),
        ("keep(1)", "STATE", True),
        ("NOISE.normal()", "NOISE.normal()", True),
        ('STATE["n"] = 1', "SCALE", False),
        ("SCALE", "SCALE", False),
        ("SCALE = {}; SCALE['n'] = 1", "SCALE", False),
    ],
)
def test_a_stage_that_leaves_something_in_the_module_for_another_one(case, data, fit, shared):
    case.write_text(
        "import numpy as np\nNOISE = np.random.default_rng(1)\nSTATE = {}\nSCALE = 1\n\n\nclass PLACE:\n    n = 1\n\n\n"
        "def keep(value):\n    STATE.setdefault('n', value)\n\n\n"
        f"def data(run):\n    {data}\n\n\ndef fit(data, run):\n    return {fit}\n\n\ndef alone(run):\n    return 1\n"
    )
    found = sources(case)
    assert [found.shares_state(name) for name in ("data", "fit", "alone")] == [shared, shared, False]


def test_a_stage_that_draws_from_a_generator_of_its_file_runs_each_time(case):
    case.write_text(
        "import numpy as np\nNOISE = np.random.default_rng(1)\n\n\ndef data(run):\n    return 1\n\n\n"
        "def noise():\n    return NOISE.normal()\n\n\ndef fit(data, run):\n    return noise()\n"
    )
    assert [sources(case).shares_state(name) for name in ("data", "fit")] == [False, True]


def test_what_is_declared_may_stand_in_a_module_and_decides_no_stage(case):
    text = TEXT.replace('CRITERIA = {"fit.loss": {"finite": True, "words": "the loss"}}\n', "")
    case.write_text(f"from wanted import CRITERIA\n{text}")
    wanted = case.with_name("wanted.py")
    wanted.write_text('CRITERIA = {"fit.loss": {"at_most": 1, "words": "the loss"}}\n')
    assert read_signature(str(case)).literals["CRITERIA"] == {"fit.loss": {"at_most": 1, "words": "the loss"}}
    assert wanted in read_signature(str(case)).files
    before = {name: sources(case).of_stage(name) for name in ("data", "fit", "evaluate")}
    wanted.write_text('CRITERIA = {"fit.loss": {"at_most": 2, "words": "the loss"}}\n')
    assert {name: sources(case).of_stage(name) for name in before} == before
    wanted.write_text("from limits import CRITERIA\n")
    with pytest.raises(InputError, match="CRITERIA is imported from a module that does not set it"):
        read_signature(str(case))


def test_a_module_beside_the_case_counts_where_it_is_used(case):
    before = {name: sources(case).of_stage(name) for name in ("data", "fit")}
    (case.parent / "helpers.py").write_text("def loss(x):\n    return float(abs(x).sum())\n")
    assert sources(case).of_stage("data") == before["data"] and sources(case).of_stage("fit") != before["fit"]


def test_whether_a_stage_reads_all_choices(case):
    assert not sources(case).reads("fit", "choices")
    case.write_text(TEXT.replace("return SCALE * value", "return run.choices"))
    assert sources(case).reads("fit", "choices") and not sources(case).reads("data", "choices")
    case.write_text(TEXT.replace("return SCALE * value", "return rng.choices([SCALE, value])"))
    assert not sources(case).reads("fit", "choices")


@pytest.mark.parametrize("name", ["lambda_hat", "ptycho", "urease"])
def test_no_stage_of_a_bundled_case_depends_on_choices_that_it_does_not_take(name):
    """Whoever reads them all, if only by an attribute of that name, is run again for each of them."""
    code = Sources(find_source(name))
    stages = [stage.name for stage in read_signature(name).stages]
    assert stages and [stage for stage in stages if code.reads(stage, "choices")] == []


# --- what a stage is given


def run(tmp_path, name="fit", **about) -> Run:
    asked = {"seed": 1, "choices": {}, "scenario_name": "small", "scenario": {"n": 3}, "folder": tmp_path}
    return Run(Stage(name, (), (), 1), **{**asked, **about})


def test_random_numbers_are_those_of_seed_scenario_and_stage_and_of_no_choice(tmp_path):
    first = run(tmp_path).rng.normal()
    assert run(tmp_path, choices={"rate": "low"}).rng.normal() == first
    others = [
        run(tmp_path, **{key: value}).rng.normal() for key, value in (("seed", 2), ("scenario_name", "large"))
    ]
    others += [run(tmp_path, name="data").rng.normal(), run(tmp_path).substream("start").normal()]
    assert len({first, *others}) == 5
    assert run(tmp_path).number("start") == run(tmp_path).number("start") < 2**32


def test_the_first_term_that_is_not_finite_is_the_first_that_was_computed(tmp_path):
    given = run(tmp_path)
    given.log(0, b=1.0, a=2.0)
    given.log(1, b=np.array([1.0, np.inf]), a=np.nan)
    given.log(2, b=np.nan, a=np.nan)
    assert given.first_bad == {"step": 1, "term": "b"}
    assert list(given.history.terms) == ["b", "a"] and given.history.steps == [0, 1, 2]


def test_what_a_stage_leaves_can_be_kept(tmp_path):
    found = run(tmp_path).output(arrays={"x": [1, 2]}, facts={"loss": 0.5})
    assert found.x.tolist() == [1, 2] and found.facts["loss"] == 0.5
    with pytest.raises(AttributeError, match="this stage left no array 'y'; it left x"):
        _ = found.y
    for about, sentence in (
        ({"facts": {"model": object()}}, "fact 'model' is object"),
        ({"arrays": {"x": [object()]}}, "array 'x' holds Python objects"),
        ({"files": {"w": "w.npz"}}, "there is no file"),
    ):
        with pytest.raises(InputError, match=sentence):
            run(tmp_path).output(**about)


def test_a_command_that_fails_says_its_last_words(tmp_path):
    assert run(tmp_path).command(["sh", "-c", "echo done"]) == "done\n"
    with pytest.raises(RuntimeError, match="sh ended with exit code 3: too hot"):
        run(tmp_path).command(["sh", "-c", "echo too hot >&2; exit 3"])


def test_what_a_stage_does_wrong_with_what_it_is_given_is_no_error_inside_faultline(tmp_path):
    given = run(tmp_path)
    wrong = (
        lambda: given.command(["no-such-program"]),
        lambda: given.command(["false"]),
        lambda: given.command(["sleep", "5"], timeout=0.01),
        lambda: given.log(0, loss="much"),
        lambda: given.log(0, loss=[[1], [1, 2]]),
        lambda: given.output(arrays={"x": [[1], [1, 2]]}),
        lambda: given.output().x,
    )
    for call in wrong:
        with pytest.raises(Exception) as found:
            call()
        assert not is_internal(found.value, []), found.value
    assert not hasattr(given.output(), "x")


# --- what has to hold


def pipeline(*values, wanted, error=None) -> PipelineRun:
    def stages(value):
        row = {"name": "fit", "facts": {"loss": value}}
        return [{"name": "fit", "error": error}] if error else [row]

    return PipelineRun.of(
        {
            "stages": [{"name": "fit", "inputs": [], "toggles": [], "line": 1}],
            "criteria": {"fit.loss": {"words": "the loss", **wanted}},
            "runs": [{"seed": seed, "stages": stages(value)} for seed, value in enumerate(values)],
        }
    )


@pytest.mark.parametrize(
    ("values", "wanted", "holds"),
    [
        ((1.0, 2.0), {"at_most": 2.0}, True),
        ((3.0, 4.0), {"at_most": 2.0}, False),
        ((1.0, 4.0), {"at_most": 2.0}, None),
        ((1.0, float("nan")), {"at_most": 2.0}, False),
        ((float("inf"),), {"at_least": 2.0}, False),
        ((2.0, 3.0), {"at_least": 2.0}, True),
        ((1.0, 1.0), {"equals": 1.0}, True),
        ((1.0, 1.5), {"equals": 1.0}, None),
        ((1.0, 2.0), {"finite": True}, True),
        ((1.0, float("nan")), {"finite": True}, False),
        ((None,), {"finite": True}, None),
        (("much",), {"at_most": 1.0}, None),
    ],
)
def test_a_criterion_holds_with_every_seed_or_is_not_decided(values, wanted, holds):
    assert pipeline(*values, wanted=wanted).holds("fit.loss") is holds


def test_a_figure_that_its_stage_never_leaves_is_told_with_those_that_it_leaves():
    found = pipeline(1.0, 1.0, wanted={"finite": True})
    misspelled = replace(found, criteria={"fit.los": found.criteria["fit.loss"]})
    *_, check = checks(Record(pipeline=misspelled))
    assert check.passed is None
    assert check.note == "the loss: not known (fit leaves no number los; it leaves loss)"


def test_an_array_is_held_against_its_limit_as_a_whole():
    stage = {"name": "fit", "arrays": {"w": {"shape": [2], "n_nonfinite": 0, "min": -3.0, "max": 1.0}}}
    found = PipelineRun.of({"runs": [{"seed": 0, "stages": [stage]}]})
    reading = found.runs[0].reading("fit.w")
    assert Wanted(at_most=1.0).holds(reading) is True and Wanted(at_least=0.0).holds(reading) is False


def test_a_stage_that_raises_is_named_and_what_needs_it_is_not_known():
    error = {"type": "ValueError", "message": "too small", "where": "pipe.py line 3, in fit"}
    record = Record.of({"pipeline": pipeline(1.0, 1.0, wanted={"finite": True}, error=error)})
    ran, holds = checks(record)
    assert ran.names == ("fit",) and ran.passed is False
    assert ran.note == "stage fit raises ValueError in pipe.py line 3, in fit: too small"
    assert holds.passed is None and holds.note == "the loss: not known"


def test_an_oracle_accuses_the_stage_that_it_looks_at():
    rows = [
        {"name": "data", "inputs": [], "toggles": [], "line": 1},
        {"name": "fit", "inputs": ["data"], "toggles": ["rate", "start"], "line": 2},
        {"name": "check_fit", "inputs": [], "toggles": ["rate"], "line": 3},
        {"name": "check_end", "inputs": ["data", "fit"], "toggles": [], "line": 4},
        {"name": "check_all", "inputs": [], "toggles": [], "line": 5},
    ]
    stages = [{"name": name, "facts": {"gap": 1.0}} for name in ("check_fit", "check_end", "check_all")]
    wanted = {f"{stage['name']}.gap": {"at_most": 0.1, "words": "the gap"} for stage in stages}
    found = PipelineRun.of({"stages": rows, "oracles": wanted, "runs": [{"seed": 1, "stages": stages}]})
    accused = [
        check.names for check in checks(Record.of({"pipeline": found})) if check.name == "oracle_agrees"
    ]
    assert accused == [("fit",), ("fit",), ("check_all",)]


def test_a_stage_that_a_killed_measurement_never_reached_did_not_run():
    killed = PipelineRun.of({"runs": [{"seed": 1, "stages": [{"name": "fit", "facts": {"loss": 1.0}}]}]})
    assert killed.runs[0].stage("fit").ran and not killed.runs[0].stage("check").ran


# --- a model beside the stages


def test_a_build_beside_the_stages_is_a_case_of_its_own(case):
    """What is declared of the stages is none of its own: it has no toggle of theirs."""
    assert read_signature(str(case)).build is None
    model = "\n\ndef build(*, wide: bool = False):\n    return pm.Model()\n"
    case.write_text(f'{TEXT}\nTARGET = "pipeline"\nLATENTS = {{"x": ("x_all",)}}\n{model}')
    assert read_signature(str(case)).build == f"{case}:build"
    found = read_signature(f"{case}:build")
    assert found.target == "model" and found.components == {"wide": False} and found.stages == ()
    assert found.literals == {"LATENTS": {"x": ("x_all",)}} and found.repaired is None
    case.write_text(f'{TEXT}\nTARGET = "pipeline"\n\n\ndef build(fit, run):\n    return run.output()\n')
    assert read_signature(str(case)).build is None


def test_the_page_of_the_stages_names_the_build_beside_them():
    found = pipeline(1.0, wanted={"finite": True})
    said = [
        sections(Record(pipeline=replace(found, build=case)), {})["Stages"] for case in (None, "p.py:build")
    ]
    assert "build" not in said[0]
    assert (
        "The file has a `build`, too, which is not tried here: `faultline diagnose p.py:build` puts it"
        in said[1]
    )
