"""What trials are asked for: from settings and the declarations of a case to a study, and from wanted runs to requests."""

import pytest

from faultline.core.errors import InputError
from faultline.criteria.trials.runs import Wanted
from faultline.plan.config import load
from faultline.plan.pipeline import jobs
from faultline.plan.trials import study, trial
from faultline.targets.case import read_signature

PIPELINE = """
from typing import Literal

SCENARIOS = {"small": {"n": 1}, "large": {"n": 2}}
CRITERIA = {"fit.loss": {"at_most": 1, "margin": 0.1, "words": "the loss"}, "fit.share": {"at_least": 0, "words": "a share"}}
ORACLES = {"check.gap": {"at_most": 1, "words": "the gap"}}
PRESETS = {"repaired": {"rate": "low"}, "view": {"depth": "deep"}}
REPAIRED = "repaired"
BUDGET = {"steps": "many"}
CONTROLS = {"view": ("depth",)}
TRIED_IN = {"depth": {"scenario": "large", "choices": {"steps": "many"}}}
HYPOTHESES = [
    {"name": "n", "says": "It is deep.", "severity": "high", "changes": {"depth": "deep"}, "predicts": "cures"},
    {"name": "m", "says": "It falls.", "changes": {"rate": "low"}, "predicts": {"metric": "fit.loss", "direction": "down"}},
]


def fit(
    run,
    *,
    rate: Literal["low", "high"] = "high",
    depth: Literal["flat", "deep"] = "flat",
    steps: Literal["few", "many"] = "few",
    only: Literal["one"] = "one",
):
    return run.output()


def check(fit, run):
    return run.output()
"""
MODEL = """
from typing import Literal


def build(*, part: bool = True, scale: Literal["plain", "log"] = "plain"):
    raise ValueError("never built here")
"""


def test_a_stage_that_needs_more_is_a_job_of_its_own(tmp_path):
    path = tmp_path / "pipe.py"
    path.write_text(PIPELINE)
    limits = {"total": 900, "memory_mb": 6000, "compile": 300}
    variants = {name: variant.choices[-1] for name, variant in read_signature(str(path)).variants.items()}
    request = {"limits": limits, "variants": variants, "explain": True, "seeds": [1, 2, 3], "scenario": None}
    assert jobs(request, read_signature(str(path)), {}) == [request]
    resources = {"fit": {"mem_mb": 8000, "minutes": 2.5}, "check": {"mem_mb": 100}}
    fit, whole = jobs(request, read_signature(str(path)), resources)
    assert fit["only"] == ["fit"] and fit["limits"] == {**limits, "total": 900 + 3 * 150, "memory_mb": 8000}
    assert whole == request  # what comes last is the measurement's own


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ({"train": {}}, "'train' is no stage; there is check, fit"),
        ({"fit": {"minutes": 0}}, "minutes must be a number above 0, not 0"),
        ({"fit": {"memory": 1}}, "has the unknown key 'memory'; the keys are mem_mb, minutes"),
        ({"fit": 5}, "must be a mapping with mem_mb, minutes"),
    ],
)
def test_a_mistake_in_the_resources_is_one_sentence(tmp_path, resources, sentence):
    path = tmp_path / "pipe.py"
    path.write_text(f"{PIPELINE}\nRESOURCES = {resources!r}\n")
    with pytest.raises(InputError) as mistake:
        read_signature(str(path))
    assert sentence in str(mistake.value)


@pytest.fixture
def asked(tmp_path):
    (tmp_path / "pipe.py").write_text(PIPELINE)
    (tmp_path / "model.py").write_text(MODEL)

    def made(file="pipe.py", **settings):
        signature = read_signature(str(tmp_path / file))
        about = study(signature, load({"case": str(tmp_path / file), "dataset": None, **settings}))
        return about, signature

    return made


def test_a_pipeline_has_trials_by_itself_and_a_model_only_if_they_are_asked_for(asked):
    about, _ = asked()
    assert {toggle.name for toggle in about.toggles} == {"rate", "depth", "steps"}  # one choice is no switch
    assert dict(about.failing) == {
        "rate": "high",
        "depth": "flat",
        "steps": "few",
        "only": "one",
        "scenario": "small",
    }
    assert dict(about.repaired)["rate"] == "low" and dict(about.repaired)["scenario"] == "small"
    assert asked(trials=None)[0] is None and asked("model.py")[0] is None
    assert [toggle.name for toggle in asked("model.py", trials="variants")[0].toggles] == ["scale"]


def test_what_is_declared_is_in_the_study(asked):
    about, _ = asked(seed=7)
    loss, share = about.criteria
    assert (loss.better, loss.margin, share.better, share.margin) == ("lower", 0.1, "higher", None)
    assert about.oracles == ("check.gap",) and about.larger
    assert (about.screening, about.fresh) == (7, (8, 9, 10))
    assert dict(about.tried_in["depth"]) == {
        **{"rate": "low", "depth": "flat", "steps": "many", "only": "one", "scenario": "large"}
    }
    first, second = about.hypotheses
    assert (first.predicts, first.severity, second.predicts, second.metric) == (
        "cures",
        "high",
        "down",
        "fit.loss",
    )


def test_only_what_is_listed_is_changed(asked):
    about, _ = asked(trials=[{"rate": "low"}])
    assert [(toggle.name, toggle.choices) for toggle in about.toggles] == [("rate", ("high", "low"))]
    with pytest.raises(InputError, match="each change in trials sets one choice, and .* sets 2"):
        asked(trials=[{"rate": "low", "depth": "deep"}])
    with pytest.raises(InputError, match="rate of case .* must be one of low, high"):
        asked(trials=[{"rate": "lowest"}])


def test_one_preset_fails_and_another_works(asked):
    about, _ = asked(trials={"presets": ["view", "repaired"]})
    assert dict(about.failing)["depth"] == "deep" and dict(about.repaired)["rate"] == "low"
    assert dict(asked(trials={"presets": ["default", "view"]})[0].failing)["depth"] == "flat"
    with pytest.raises(InputError, match="trials.presets names 'best', which case .* does not have"):
        asked(trials={"presets": ["default", "best"]})


def test_under_a_preset_with_controls_only_these_are_changed_and_nothing_is_known_that_works(asked):
    about, _ = asked(variants="view")
    assert [toggle.name for toggle in about.toggles] == ["depth"] and about.repaired is None
    assert dict(about.failing)["depth"] == "deep"


def test_a_larger_budget_is_another_choice_of_a_pipeline_and_a_longer_run_of_a_model(asked):
    about, signature = asked()
    small, large = (trial(Wanted(about.failing, (8, 9), larger), signature) for larger in (False, True))
    assert (small.change.variants["steps"], large.change.variants["steps"]) == ("few", "many")
    assert small.scenario == "small" and "scenario" not in small.change.variants and small.seeds == (8, 9)
    about, signature = asked("model.py", trials="variants", components={"part": False})
    small, large = (trial(Wanted(about.failing, (8,), larger), signature) for larger in (False, True))
    assert small.components == {"part": False} and dict(small.change.variants) == {"scale": "plain"}
    assert not small.change.sampler and large.change.sampler


def test_what_was_screened_is_not_run_again_with_fresh_seeds(asked):
    about, _ = asked(seed=7)
    parts = Wanted(about.failing, (7, 8, 9, 10)).apart(about)
    assert [part.seeds for part in parts] == [(7,), (8, 9, 10)]
    about, _ = asked("model.py", trials="variants", seed=7)
    assert about.first == (), "any change of a model changes its draws"
    assert [part.seeds for part in Wanted(about.failing, (8, 9, 10)).apart(about)] == [(8, 9, 10)]
