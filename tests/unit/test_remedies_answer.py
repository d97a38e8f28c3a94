"""What the changes that were tried do to the answer: a cure comes first, and only an equivalent one of the suspect makes it sure."""

from dataclasses import replace

import pytest

from faultline.core.record import validate
from faultline.criteria.remedies import UNCHANGED, Remedy
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.remedies.answer import cured
from faultline.diagnosis.remedies.judging import judged
from faultline.report.sections.remedies import section

WHY = "holding parts fixed or leaving them out points here, and no remedy has been tried yet"
ANSWER = Answer(
    *(
        "fail",
        "geometry: a funnel",
        (),
        ("tau", "theta"),
        (),
        "geometry",
        ("Do this.", "And that."),
        "medium",
        WHY,
    ),
    shown=(),
    story="",
    groups=(),
)
NONCENTER = Remedy.of([{"kind": "non_centered", "names": ["theta"]}])
OTHER = Remedy.of([{"kind": "non_centered", "names": ["other"]}])
TOGETHER = Remedy.of([*NONCENTER.steps, *OTHER.steps])
STEPS = Remedy.of(sampler={"target_accept": 0.99})
METRIC = Remedy.of(sampler={"metric": "dense"})
PROVED = [{"holds": True, "points": 40, "largest": 1e-15, "term": None, "why": None}]
REFUTED = [{"holds": False, "points": 40, "largest": 1.0, "term": "y", "why": "y differs"}]


def run(seed, passes):
    return {"seed": seed, "raised": False, "readings": {"samples_well": {"passed": passes}}}


def figures(seed, passes):
    more = {
        "divergences": 0 if passes else 40,
        "max_rhat": 1.001 if passes else 1.2,
        "min_ess": 800.0 if passes else 20.0,
    }
    return {"seed": seed, "n_draws": 4000, "n_steps_mean": 7.0, "min_ebfmi": 0.9, "seconds": 1.0, **more}


def arm(remedy, outcomes, more=False, **about):
    first = (2 if remedy == UNCHANGED else 1) + (4 if more else 0)
    seeds = range(first, first + len(outcomes))
    record = {
        "replicates": [figures(seed, passes) for seed, passes in zip(seeds, outcomes, strict=True)],
        "remedy": {"quantities": [quantity(0.0 if remedy == UNCHANGED else 0.5)], **about},
    }
    runs = [run(seed, passes) for seed, passes in zip(seeds, outcomes, strict=True)]
    return {
        "remedy": remedy.text,
        "more": more,
        "request": "k",
        "runs": runs,
        "record": record,
        "error": None,
    }


def quantity(mean):
    return {
        "name": "mu",
        "shape": [2],
        "mean": [0.0, mean],
        "sd": [1.0, 0.25],
        "low": [-1.6, mean - 0.4],
        "high": [1.6, mean + 0.4],
    }


def remedies(*arms, unchanged=(False, False, False), left_out=()):
    found = judged([arm(UNCHANGED, unchanged), *arms], left_out)
    assert validate(found, "remedies") == []
    return found


CURE = arm(
    NONCENTER, [True] * 4, identity=PROVED, code={"file": "m.py", "case": "models/m.py", "diff": "-a\n+b\n"}
)


def test_an_equivalent_cure_of_the_suspect_is_said_first_and_makes_sure():
    found = cured(ANSWER, remedies(CURE, arm(STEPS, [False])))
    assert found.sure == "high"
    assert found.why == (
        "non-centering `theta` cures it on fresh seeds and leaves the posterior as it is, and `target_accept` at 0.99 does not"
    )
    assert found.change == (
        "Non-center `theta`. With it 3 of 3 fresh runs pass, and none of 3 as the model stands. Divergent draws: 1 % before, 0 % after; "
        "largest R-hat: 1.2 before, 1 after; effective draws per 1000 gradient evaluations: 0.71 before, 29 after. "
        "The posterior is the same. The lines of m.py that change are in the report; `faultline fix models/m.py` writes a copy of the file with them.",
        "And that.",
    )
    assert found.code == "-a\n+b\n" and found.headline == ANSWER.headline


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        ([arm(NONCENTER, [True] * 4, identity=REFUTED)], "points here; non-centering `theta` cures it"),
        ([arm(NONCENTER, [True] * 4)], "points here; non-centering `theta` cures it"),
        ([arm(STEPS, [True] * 4)], "points here; `target_accept` at 0.99 cures it"),
        ([arm(OTHER, [True] * 4, identity=PROVED)], "points here; non-centering `other` cures it"),
        (
            [CURE, arm(OTHER, [True] * 4, identity=PROVED)],
            "points here; non-centering `theta` cures it, and so does non-centering `other`",
        ),
        (
            [CURE, arm(STEPS, [True] * 4)],
            "points here; non-centering `theta` cures it, and so does `target_accept` at 0.99",
        ),
        (
            [arm(NONCENTER, [False]), arm(OTHER, [False]), arm(TOGETHER, [True] * 4, identity=PROVED * 2)],
            "points here; non-centering `theta` and non-centering `other` together cure it",
        ),
        (
            [CURE, arm(OTHER, [None])],
            "points here; non-centering `theta` cures it, and so may non-centering `other`",
        ),
        ([arm(NONCENTER, [False])], "points here; the change that was tried does not cure it"),
        ([arm(NONCENTER, [None])], "points here; the change that was tried is not known to cure it"),
        (
            [arm(NONCENTER, [False]), arm(STEPS, [True, False, True, True])],
            "points here; none of the 2 changes that were tried cures it",
        ),
    ],
)
def test_whatever_else_was_found_is_no_surer(arms, why):
    found = cured(ANSWER, remedies(*arms))
    assert found.sure == "medium" and found.why.endswith(why), found.why
    assert "no remedy has been tried" not in found.why


def test_a_cure_that_leaves_the_named_part_alone_comes_after_what_is_to_be_done_about_it():
    for row in (
        arm(STEPS, [True] * 4),
        arm(OTHER, [True] * 4, identity=PROVED, code={"file": "m.py", "case": "m.py", "diff": "-a\n"}),
    ):
        found = cured(ANSWER, remedies(row))
        assert found.change[:2] == ANSWER.change and "3 of 3 fresh runs pass" in found.change[2]


def test_where_no_part_is_named_a_setting_that_cures_comes_first():
    unknown = replace(ANSWER, part=())
    found = cured(unknown, remedies(arm(STEPS, [True] * 4)), unexplained=True)
    assert found.change[0].startswith("Sample with `target_accept`") and found.change[1:] == ANSWER.change
    assert (found.part, found.headline, found.sure) == ((), ANSWER.headline, "medium")


ROTATED = Remedy.of([{"kind": "rotated", "names": ["a", "b"], "logs": []}])


@pytest.mark.parametrize(
    ("other", "sure", "why"),
    [
        (arm(STEPS, [False]), "high", "and `target_accept` at 0.99 does not"),
        (arm(METRIC, [True] * 4), "high", "leaves the posterior as it is"),
        (arm(STEPS, [True] * 4), "medium", "cures it, and so does `target_accept` at 0.99"),
    ],
)
def test_where_no_part_is_named_a_rewrite_that_cures_names_it(other, sure, why):
    found = cured(
        replace(ANSWER, part=(), cause=None, sure="low"),
        remedies(arm(ROTATED, [True] * 4, identity=PROVED), other),
        unexplained=True,
    )
    assert found.headline == "geometry: a ridge: only a combination of `a` and `b` is identified"
    assert (found.part, found.cause, found.sure) == (("a", "b"), "bad geometry or parameterization", sure)
    assert len(found.change) == 1 and found.change[0].startswith("Rotate `a` and `b`")
    assert found.why.endswith(why)


def test_a_cure_gives_the_reason_where_a_part_is_named_without_one():
    row = remedies(arm(ROTATED, [True] * 4, identity=PROVED))
    unexplained = replace(ANSWER, headline="with `a` held fixed, the rest samples well", part=("a",))
    found = cured(unexplained, row, unexplained=True)
    assert found.headline == "geometry: a ridge: only a combination of `a` and `b` is identified"
    assert (found.part, found.sure) == (("a",), "high")
    assert cured(unexplained, row).headline == unexplained.headline
    unproved = remedies(arm(ROTATED, [True] * 4, identity=REFUTED))
    assert cured(unexplained, unproved, unexplained=True).headline == unexplained.headline


@pytest.mark.parametrize(("effective", "shown"), [(800.0, OTHER), (30.0, TOGETHER)])
def test_a_part_that_would_be_enough_is_shown_where_it_samples_about_as_well(effective, shown):
    less = arm(OTHER, [True] * 4, identity=PROVED)
    less["record"]["replicates"] = [{**row, "min_ess": effective} for row in less["record"]["replicates"]]
    found = remedies(arm(NONCENTER, [False]), arm(TOGETHER, [True] * 4, identity=PROVED * 2), less)
    assert Remedy.of(found["tried"][found["cure"]]["steps"]) == shown
    said = "Non-centering `other` would be enough, with 1.1 effective draws per 1000 gradient evaluations."
    assert (said in cured(ANSWER, found).change[2 if shown == OTHER else 0]) == (shown == TOGETHER)


@pytest.mark.parametrize(
    ("alone", "said"), [([False], True), ([None], False), ([True, True, True, False], True), (None, False)]
)
def test_each_part_of_a_cure_is_said_to_be_needed_where_every_rest_of_it_fails(alone, said):
    arms = [arm(NONCENTER, [False]), arm(TOGETHER, [True] * 4, identity=PROVED * 2)]
    found = cured(ANSWER, remedies(*arms, *([] if alone is None else [arm(OTHER, alone)])))
    assert (
        "Each of these changes is needed: where one is left out, a run still fails." in found.change[0]
    ) == said


def test_a_change_of_the_model_says_so():
    found = cured(ANSWER, remedies(arm(NONCENTER, [True] * 4, identity=REFUTED)))
    assert "It changes the model: the posterior is another one." in found.change[0]


def test_why_there_are_no_lines_is_said():
    row = arm(
        NONCENTER, [True] * 4, identity=PROVED, code={"why": "the call that creates theta unpacks arguments"}
    )
    found = cured(ANSWER, remedies(row))
    assert found.change[0].endswith(
        "The lines could not be written into your file: the call that creates theta unpacks arguments."
    )
    assert found.code is None


def test_a_change_that_helps_is_shown_and_is_no_cure():
    rows = [
        arm(NONCENTER, [True] * 4, identity=PROVED),
        arm(NONCENTER, [True] * 3, more=True),
        arm(UNCHANGED, [True] * 3, more=True),
    ]
    found = remedies(*rows, unchanged=(True, False, False))
    assert (found["cure"], found["help"]) == (None, 0)
    answer = cured(ANSWER, found)
    assert (
        answer.sure == "medium"
        and "helps, but the model as it stands passes with some seeds, too" in answer.why
    )
    assert answer.change[0].startswith(
        "Non-center `theta`. With it 6 of 6 fresh runs pass, and 4 of 6 as the model stands."
    )


def test_of_several_cures_the_equivalent_and_simple_one_is_shown():
    both = Remedy.of(NONCENTER.steps, STEPS.sampler)
    found = remedies(arm(STEPS, [True] * 4), arm(both, [True] * 4, identity=PROVED), CURE)
    assert (
        found["tried"][found["cure"]]["steps"] == NONCENTER.steps
        and not found["tried"][found["cure"]]["sampler"]
    )


def test_nothing_changes_without_remedies_or_for_a_pass():
    passing = replace(ANSWER, outcome="pass")
    assert cured(ANSWER, None) is ANSWER and cured(passing, remedies(CURE)) is passing


def test_a_change_that_could_not_be_made_says_why():
    row = {**arm(NONCENTER, []), "record": {"remedy": {"refused": "`theta` has a transform of its own"}}}
    found = remedies(row)
    assert found["tried"][0]["outcome"] == "undecided"
    assert "| Non-center `theta` | not made: `theta` has a transform of its own |" in section(found)


def test_the_table_has_all_that_was_tried_and_what_was_not():
    page = section(remedies(CURE, arm(STEPS, [False]), left_out=[OTHER.text]))
    assert "| as the model stands | 0 of 3 | 1 % | 1.2 | 0.71 |" in page
    assert "| Non-center `theta` | 3 of 3 | 0 % | 1 | 29 | yes | cures |" in page
    assert "| Sample with `target_accept` at 0.99 | not the first one |" in page
    assert "Not tried, for want of room (`limits.remedies`): Non-center `other`." in page
    assert "| `mu[1]` | -0.4 to 0.4 | 0.1 to 0.9 | 2 |" in page
    assert section(None) == ""


def test_a_dense_metric_cures_a_ridge_as_its_rotation_does_and_speaks_for_no_other_part():
    found = remedies(CURE, arm(METRIC, [True] * 4), arm(STEPS, [False]))
    ridge = cured(ANSWER, found, ridge=True)
    assert ridge.sure == "high" and ridge.why.endswith("and `target_accept` at 0.99 does not")
    assert cured(ANSWER, found).sure == "medium"


def test_a_variant_of_the_case_s_own_says_whose_it_is_to_say_what_it_changes():
    own = Remedy.of([{"kind": "variant", "names": ["theta"], "variant": "written", "choice": "raw"}])
    found = cured(ANSWER, remedies(arm(own, [True] * 4)))
    assert found.change[0].startswith("Choose `raw` for the variant `written`. With it 3 of 3 fresh runs")
    assert "what variants change is for the case's author to say" in found.change[0]
    assert found.sure == "medium" and found.why.endswith("choosing `raw` for the variant `written` cures it")


def moved(remedy, by, **about):
    """A change that cures, with the mean of ``mu[1]`` moved by this many posterior standard deviations."""
    row = arm(remedy, [True] * 4, **about)
    mean = 0.5 + 0.25 * by
    row["record"] = {**row["record"], "remedy": {**row["record"]["remedy"], "quantities": [quantity(mean)]}}
    return row


# Three fresh runs of 800 effective draws each, of two elements: 2.8 standard errors of a difference of two means.
SEEN = 2.807 * (2 / 2400) ** 0.5


@pytest.mark.parametrize(("by", "agrees"), [(0.0, True), (0.9 * SEEN, True), (1.1 * SEEN, False)])
def test_settings_that_cure_agree_with_an_equivalent_rewrite_or_only_help(by, agrees):
    found = remedies(CURE, moved(STEPS, by))
    rewrite, settings = found["tried"]
    assert settings["agreement"]["agrees"] is agrees and settings["agreement"]["with"] == 0
    assert settings["agreement"]["seen"] == pytest.approx(SEEN, rel=1e-3)
    assert settings["agreement"]["largest"] == pytest.approx(by, abs=1e-12)
    assert settings["outcome"] == ("cures" if agrees else "helps")
    assert rewrite["agreement"] is None and found["cure"] == 0
    said = section(found)
    assert ("do not reach all of the posterior" in said) is not agrees
    assert ("a difference of 0.081 would have been seen" in said) is agrees


def test_what_is_rearranged_or_has_no_proof_is_compared_with_nothing():
    order = Remedy.of([{"kind": "ordered", "names": ["mu"]}])
    assert remedies(CURE, moved(order, 9.0, identity=PROVED))["tried"][1]["agreement"] is None
    assert remedies(moved(NONCENTER, 0.0), moved(STEPS, 9.0))["tried"][1]["agreement"] is None
    two = remedies(CURE, moved(OTHER, 9.0, identity=PROVED))["tried"][1]
    assert two["outcome"] == "cures" and two["agreement"]["agrees"] is False


def test_one_of_mirrored_modes_is_the_same_posterior_but_for_its_signs():
    signs = Remedy.of([{"kind": "signs", "names": ["theta"]}])
    found = cured(ANSWER, remedies(arm(signs, [True] * 4, identity=PROVED)))
    assert "The posterior is the same but for the signs that could be turned around." in found.change[0]


def test_another_change_of_the_suspect_that_cures_takes_nothing_from_the_first():
    center = Remedy.of([{"kind": "centered", "names": ["tau"]}])
    found = cured(ANSWER, remedies(CURE, arm(center, [True] * 4, identity=PROVED)))
    assert found.sure == "high"
    assert found.why == "non-centering `theta` cures it on fresh seeds and leaves the posterior as it is"


def test_several_changes_of_the_suspect_that_cure_together_are_said_as_several():
    both = Remedy.of([*NONCENTER.steps, {"kind": "centered", "names": ["tau"]}])
    found = cured(ANSWER, remedies(arm(both, [True] * 4, identity=PROVED * 2)))
    assert found.sure == "high"
    assert found.why == (
        "non-centering `theta` and centering `tau` together cure it on fresh seeds and leave the posterior as it is"
    )
    assert "With them 3 of 3 fresh runs pass" in found.change[0]


def test_a_change_of_several_parts_that_only_helps_is_not_said_to_be_needed():
    rows = [
        arm(NONCENTER, [False]),
        arm(OTHER, [False]),
        arm(TOGETHER, [True] * 4, identity=PROVED * 2),
        arm(TOGETHER, [True] * 3, more=True),
        arm(UNCHANGED, [True] * 3, more=True),
    ]
    found = cured(ANSWER, remedies(*rows, unchanged=(True, False, False)))
    assert found.why.endswith(
        "non-centering `theta` and non-centering `other` help, but the model as it stands passes with some seeds, too"
    )
    assert "would be enough" not in found.change[0] and "is needed" not in found.change[0]


def test_a_cure_whose_only_part_is_a_setting_is_no_part_of_another():
    """Each setting by itself fails: neither would be enough, whatever a rewrite does."""
    both = Remedy.of(NONCENTER.steps, STEPS.sampler)
    found = remedies(
        arm(NONCENTER, [False]),
        arm(STEPS, [False]),
        arm(both, [True] * 4, identity=PROVED),
        arm(METRIC, [True] * 4),
    )
    said = cured(ANSWER, found).change[0]
    assert said.startswith("Non-center `theta` and sample with `target_accept` at 0.99. With them 3 of 3")
    assert "Each of these changes is needed: where one is left out, a run still fails." in said
    assert "would be enough" not in said


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        (
            [arm(NONCENTER, [False]), arm(STEPS, [None])],
            "none of the 2 changes that were tried is known to cure it",
        ),
        ([arm(NONCENTER, [True, True, None, True])], "the change that was tried is not known to cure it"),
    ],
)
def test_where_some_runs_do_not_decide_nobody_says_that_nothing_cures(arms, why):
    assert cured(ANSWER, remedies(*arms)).why.endswith(why)


def test_a_variant_beside_a_proved_rewrite_leaves_open_whether_the_posterior_is_the_same():
    own = {"kind": "variant", "names": ["tau"], "variant": "scale", "choice": "log"}
    both = Remedy.of([*NONCENTER.steps, own])
    found = cured(ANSWER, remedies(arm(both, [True] * 4, identity=PROVED)))
    assert (
        found.sure == "medium" and "what variants change is for the case's author to say" in found.change[0]
    )
    refuted = cured(ANSWER, remedies(arm(both, [True] * 4, identity=REFUTED)))
    assert "It changes the model: the posterior is another one." in refuted.change[0]


def test_a_proof_that_came_to_no_end_is_told():
    unproved = [{"holds": None, "points": 0, "largest": None, "term": None, "why": "no draws"}]
    found = cured(ANSWER, remedies(arm(NONCENTER, [True] * 4, identity=unproved)))
    assert "Whether the posterior is the same could not be checked." in found.change[0]


def test_settings_that_fail_on_a_fresh_seed_do_not_help_whatever_their_draws_say():
    row = moved(STEPS, 9.0)
    row["runs"][2] = run(3, False)
    assert remedies(CURE, row)["tried"][1]["outcome"] == "does not cure"


def test_figures_that_are_not_known_are_said_to_be_unknown():
    row = arm(NONCENTER, [True] * 4, identity=PROVED)
    row["record"]["replicates"] = [
        {**each, "n_steps_mean": None, "max_rhat": None, "divergences": None, "n_draws": None}
        for each in row["record"]["replicates"]
    ]
    assert (
        "Divergent draws: 1 % before, not known after; largest R-hat: 1.2 before, not known after; "
        "effective draws per 1000 gradient evaluations: 0.71 before, not known after."
    ) in cured(ANSWER, remedies(row)).change[0]


def test_of_equivalent_cures_of_one_size_the_one_that_samples_best_is_shown():
    slow = arm(OTHER, [True] * 4, identity=PROVED)
    slow["record"]["replicates"] = [{**row, "min_ess": 500.0} for row in slow["record"]["replicates"]]
    found = remedies(slow, CURE)
    assert found["tried"][found["cure"]]["steps"] == NONCENTER.steps


def test_an_equivalent_cure_is_shown_before_one_that_changes_the_model():
    found = remedies(arm(OTHER, [True] * 4, identity=REFUTED), arm(METRIC, [True] * 4), CURE)
    assert found["tried"][found["cure"]]["steps"] == NONCENTER.steps


def test_a_rotation_within_one_variable_is_about_its_elements():
    within = Remedy.of([{"kind": "rotated", "names": ["beta"], "logs": []}])
    unknown = replace(ANSWER, part=(), cause=None, sure="low")
    found = cured(unknown, remedies(arm(within, [True] * 4, identity=PROVED)), unexplained=True)
    assert found.headline == "geometry: a ridge: only a combination of the elements of `beta` is identified"


def test_a_dense_metric_does_not_make_a_funnel_s_cure_surer():
    """Found by the rewrite that cures, as a funnel: what else cures it speaks against that."""
    unknown = replace(ANSWER, part=(), cause=None, sure="low")
    found = cured(unknown, remedies(CURE, arm(METRIC, [True] * 4)), unexplained=True)
    assert found.headline == "geometry: a funnel: another variable sets the scale of `theta`"
    assert found.sure == "medium" and "and so does a dense metric" in found.why
