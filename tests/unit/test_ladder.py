"""The ladder follows from the signature; for the bundled case it is the seven groups of the plan."""

from pathlib import Path

import pytest

from faultline.core.errors import InputError
from faultline.plan import designs
from faultline.plan.ladder import find_group, groups, same_model, size_group
from faultline.targets.case import Signature, read_signature

SEVEN = [
    "group_1_build_only_sanity",
    "group_2_gradient_sanity",
    "group_3_sampling_baseline_minimal",
    "group_4_sampling_mixture_only",
    "group_5_sampling_hmm_only",
    "group_6_sampling_full_truncated",
    "group_7_likelihood_only_freeze_latents",
]


def signature(components, latents=None, *, takes_dataset=True, loads=True):
    data = "dataset" if takes_dataset else None
    return Signature("x", Path("x.py"), data, components, {}, {"LATENTS": latents or {}}, loads, loads)


def test_gimbal_gives_the_seven_groups():
    ladder = groups(read_signature("gimbal"))
    assert [g.name for g in ladder] == SEVEN
    on = [tuple(g.trial.components.values()) for g in ladder]
    assert on == [
        (True, True),
        (True, True),
        (False, False),
        (True, False),
        (False, True),
        (True, True),
        (True, True),
    ]
    assert [g.trial.experiment.samples for g in ladder] == [False, False, True, True, True, True, True]


def test_a_model_without_switches_has_no_empty_rungs():
    """It is taken apart by itself instead."""
    assert [g.name for g in groups(signature({}))] == [*SEVEN[:3], "group_4_taken_apart"]


def test_one_component_is_not_sampled_twice():
    ladder = groups(signature({"use_noise": True}))
    assert [g.name for g in ladder][2:] == [
        "group_3_sampling_baseline_minimal",
        "group_4_sampling_full_truncated",
    ]
    assert ladder[-1].trial.components == {"use_noise": True}


def test_components_that_are_off_in_the_failing_configuration_stay_off():
    ladder = groups(signature({"use_a": True, "use_b": False, "use_c": True}))
    alone = [[name for name, on in g.trial.components.items() if on] for g in ladder]
    assert [names for names in alone if len(names) == 1] == [["use_a"], ["use_c"]]
    assert not any(g.trial.components["use_b"] for g in ladder)


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ({"use_mixture": False}, [*SEVEN[:3], *SEVEN[5:]]),
        ({"use_directional_hmm": False}, [*SEVEN[:3], *SEVEN[5:]]),
        (
            {"use_mixture": False, "use_directional_hmm": False},
            [*SEVEN[:3], SEVEN[6], "group_8_taken_apart"],
        ),
    ],
)
def test_a_group_keeps_its_number_whatever_is_switched_off(off, left):
    gimbal = read_signature("gimbal")
    ladder = groups(gimbal, off)
    assert [g.name for g in ladder] == left
    assert all(
        g.name.startswith(f"{g.target}_") and g.trial.components[name] is False
        for g in ladder
        for name in off
    )
    last = ladder[-1].number
    assert [g.number for g in groups(gimbal, off, [200, 500])[-2:]] == [max(last, 7) + 1, max(last, 7) + 2]
    with pytest.raises(InputError, match="there is no group 4"):
        find_group(ladder, 4)


def test_what_is_off_by_default_has_its_place_too():
    case = signature({"use_a": True, "use_b": False})
    assert [g.number for g in groups(case)] == [1, 2, 3, 6]
    assert [g.number for g in groups(case, {"use_b": True})] == [1, 2, 3, 4, 5, 6]


def test_a_model_without_components_is_taken_apart_after_its_frozen_group():
    ladder = groups(signature({}, {"x": ("x",)}), sizes=[200])
    assert [(g.number, g.trial.kind) for g in ladder[3:]] == [(4, "frozen"), (5, "apart"), (6, "sampling")]


def test_no_size_takes_the_number_of_a_group_that_is_left_out():
    gimbal, off = read_signature("gimbal"), {"use_mixture": False}
    assert size_group(gimbal, off, "sampling_size_200").name == "group_8_sampling_size_200"
    with pytest.raises(
        InputError, match="number 4 belongs to a group that these components leave out.*start at group 8"
    ):
        size_group(gimbal, off, "group_4_sampling_size_200")


def test_groups_are_found_by_number_name_and_target():
    ladder = groups(signature({"use_a": True}, {"x": ("x",)}))
    assert find_group(ladder, 3) == find_group(ladder, "group_3") == find_group(ladder, SEVEN[2])
    with pytest.raises(InputError, match="there is no group 9"):
        find_group(ladder, 9)


def test_sizes_come_after_the_seven_groups_and_change_none_of_them():
    gimbal = read_signature("gimbal")
    ladder = groups(gimbal, {"use_mixture": False}, [200, 500])
    assert ladder[:-2] == groups(gimbal, {"use_mixture": False})
    ladder = groups(gimbal, sizes=[200, 500])
    assert [g.name for g in ladder] == [*SEVEN, "group_8_sampling_size_200", "group_9_sampling_size_500"]
    first, second = ladder[-2:]
    assert (first.target, first.trial.kind, first.title, first.trial.size) == (
        "group_8",
        "sampling",
        "Full model, T 200",
        200,
    )
    assert (
        second.trial.components == {"use_mixture": True, "use_directional_hmm": True}
        and second.trial.experiment.samples
    )


def test_a_size_by_hand_has_a_name_with_or_without_its_place():
    assert size_group(signature({}), None, "sampling_size_200").name == "group_5_sampling_size_200"
    placed = size_group(signature({}), None, "group_9_sampling_size_200")
    assert (placed.number, placed.name) == (9, "group_9_sampling_size_200")
    assert size_group(signature({}), None, "3") is None
    with pytest.raises(InputError, match="its number belongs to group_3_sampling_baseline_minimal"):
        size_group(signature({}), None, "group_3_sampling_size_200")


@pytest.mark.parametrize(
    ("case", "lacks"),
    [
        (signature({}, takes_dataset=False, loads=False), "takes no dataset"),
        (signature({}, loads=False), "has no load_dataset"),
    ],
)
def test_data_that_cannot_be_cut_have_no_sizes(case, lacks):
    for ask in (lambda: groups(case, sizes=[80]), lambda: size_group(case, None, "sampling_size_80")):
        with pytest.raises(InputError, match=f"case x {lacks}.*leave groups.sizes empty") as mistake:
            ask()
        assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(("sizes", "number"), [((), 8), ((200, 500), 10)])
def test_the_user_s_own_runs_come_last_and_change_no_other_group(sizes, number):
    gimbal = read_signature("gimbal")
    ladder, own = groups(gimbal, sizes=sizes), groups(gimbal, sizes=sizes, own_runs=["as_yours", "draws"])
    assert own[:-2] == ladder and same_model(own) == same_model(ladder)
    names = [f"group_{number}_as_yours", f"group_{number + 1}_draws_as_given"]
    assert [group.name for group in own[-2:]] == names
    assert own[-2].trial.components == same_model(ladder).trial.components


@pytest.mark.parametrize(("kind", "key"), [("as_yours", "as_yours"), ("draws", "idata")])
def test_draws_alone_have_no_model_to_sample_or_to_be_compared_with(tmp_path, kind, key):
    (tmp_path / "draws.nc").touch()
    with pytest.raises(
        InputError, match=f"{key} is about runs of a model, and .*draws.nc is none; leave it out"
    ):
        designs.groups(read_signature(str(tmp_path / "draws.nc")), own_runs=[kind])


def outcomes(ladder, **other):
    """All pass but those that are named by their descriptions."""
    failing = {group.name: other.get(group.name.split("_", 2)[2], "pass") for group in ladder}
    return {name: outcome for name, outcome in failing.items() if outcome}


@pytest.mark.parametrize(
    ("failing", "components"),
    [
        ({"sampling_baseline_minimal": "fail", "sampling_full_truncated": "fail"}, (False, False)),
        ({"sampling_hmm_only": "fail", "sampling_full_truncated": "fail"}, (False, True)),
        ({"sampling_full_truncated": "fail"}, (True, True)),
        ({}, None),
        ({"sampling_baseline_minimal": "inconclusive"}, None),
        ({"build_only_sanity": "fail", "gradient_sanity": "fail"}, None),
        # Not all that sample have ended: a smaller one may fail yet.
        ({"sampling_baseline_minimal": "", "sampling_full_truncated": "fail"}, None),
    ],
)
def test_the_smallest_model_that_fails_is_taken_apart(failing, components):
    gimbal = read_signature("gimbal")
    ladder = groups(gimbal)
    grown = groups(gimbal, outcomes=outcomes(ladder, **failing))
    if components is None:
        assert grown == ladder
        return
    assert grown[:-1] == ladder
    assert (grown[-1].name, grown[-1].trial.kind) == ("group_8_taken_apart", "apart")
    assert tuple(grown[-1].trial.components.values()) == components
    assert grown[-1].trial.reads["sampled"].components == grown[-1].trial.components


def test_what_is_taken_apart_later_comes_after_the_sizes_and_the_user_s_own_runs():
    gimbal = read_signature("gimbal")
    failing = outcomes(groups(gimbal), sampling_full_truncated="fail")
    grown = groups(gimbal, sizes=[20, 40], outcomes=failing, own_runs=["as_yours"])
    assert [group.name for group in grown[-2:]] == ["group_10_as_yours", "group_11_taken_apart"]


def test_a_model_that_is_taken_apart_anyway_grows_by_nothing():
    bare = signature({})
    ladder = groups(bare)
    assert groups(bare, outcomes=outcomes(ladder, sampling_baseline_minimal="fail")) == ladder
    assert not designs.design(bare).grows(bare, None)
    gimbal = read_signature("gimbal")
    assert designs.design(gimbal).grows(gimbal, None)
    assert not designs.design(gimbal).grows(gimbal, dict.fromkeys(gimbal.components, False))
