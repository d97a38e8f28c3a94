"""The ladder follows from the signature; for the bundled case it is the seven groups of the plan."""

from pathlib import Path

import pytest

from faultline.case import Signature, read_signature
from faultline.errors import InputError
from faultline.ladder import find_group, groups

SEVEN = [
    "group_1_build_only_sanity",
    "group_2_gradient_sanity",
    "group_3_sampling_baseline_minimal",
    "group_4_sampling_mixture_only",
    "group_5_sampling_hmm_only",
    "group_6_sampling_full_truncated",
    "group_7_likelihood_only_freeze_latents",
]


def signature(components, latents=None):
    return Signature("x", Path("x.py"), True, components, {}, {"LATENTS": latents or {}})


def test_gimbal_gives_the_seven_groups():
    ladder = groups(read_signature("gimbal"))
    assert [g.name for g in ladder] == SEVEN
    on = [tuple(g.components.values()) for g in ladder]
    assert on == [
        (True, True),
        (True, True),
        (False, False),
        (True, False),
        (False, True),
        (True, True),
        (True, True),
    ]
    assert [g.added for g in ladder] == [None, None, None, "use_mixture", "use_directional_hmm", None, None]
    assert [g.samples for g in ladder] == [False, False, True, True, True, True, True]


def test_a_model_without_switches_has_no_empty_rungs():
    assert [g.name for g in groups(signature({}))] == SEVEN[:3]


def test_one_component_is_not_sampled_twice():
    ladder = groups(signature({"use_noise": True}))
    assert [g.name for g in ladder][2:] == [
        "group_3_sampling_baseline_minimal",
        "group_4_sampling_full_truncated",
    ]
    assert ladder[-1].added == "use_noise"


def test_components_that_are_off_in_the_failing_configuration_stay_off():
    ladder = groups(signature({"use_a": True, "use_b": False, "use_c": True}))
    assert [g.added for g in ladder if g.added] == ["use_a", "use_c"]
    assert not any(g.components["use_b"] for g in ladder)


def test_groups_are_found_by_number_name_and_target():
    ladder = groups(signature({"use_a": True}, {"x": ("x",)}))
    assert find_group(ladder, 3) == find_group(ladder, "group_3") == find_group(ladder, SEVEN[2])
    with pytest.raises(InputError, match="there is no group 9"):
        find_group(ladder, 9)
