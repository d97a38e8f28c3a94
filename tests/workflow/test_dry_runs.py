"""The workflow plans what it should for the configurations and options that people use."""

import json

import numpy as np
import pytest

from faultline.targets.bundled import datasets

pytestmark = pytest.mark.slow

GIMBAL = ["case=gimbal", "suite=dry"]


def request(project, suite: str, group: str) -> dict:
    """What is asked of the measurement of a group."""
    diagnostics = project.root / "tests" / "diagnostics"
    key = json.loads((diagnostics / suite / "requests" / f"{group}.json").read_text())["measured"]
    return json.loads((diagnostics / ".store" / "requests" / f"{key}.json").read_text())


@pytest.mark.parametrize("name", datasets("gimbal"))
def test_a_bundled_dataset_is_made_first(fresh, name):
    planned = fresh.planned("report_summary", "--config", *GIMBAL, f"dataset={name}")
    assert ("make_dataset", "") in planned
    assert {number for rule, number in planned if rule in ("measure", "sample")} == set("1234567")


def test_sizes_of_the_bundled_case_come_after_its_seven_groups(fresh):
    sizes = "groups={sizes: [80, 200, 500]}"
    planned = fresh.planned("report_summary", "--config", *GIMBAL, "dataset=v0.2.1_L00_minimal", sizes)
    measured = {number for rule, number in planned if rule in ("measure", "sample")}
    assert measured == {*"1234567", "9", "10"}  # group 6 samples T 80
    assert {n for rule, n in planned if rule.startswith("publish_")} - {""} == {*"123456789", "10"}
    fresh.planned("group_9", "--config", *GIMBAL, sizes)
    asked = request(fresh, "dry", "group_9_sampling_size_200")
    assert (asked["max_T"], "size" in asked) == (200, False)


def test_a_dataset_by_path_is_never_made(fresh, tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, anything=0)
    planned = fresh.planned("report_summary", "--config", *GIMBAL, f"dataset={path}")
    assert "make_dataset" not in {rule for rule, _ in planned}
    assert ("sample", "3") in planned


def test_a_preset_of_variants_and_another_suite(fresh):
    planned = fresh.snakemake("-n", "-p", "group_3", "--config", "variants=repaired", "suite=mended").stdout
    assert request(fresh, "mended", "group_3_sampling_baseline_minimal")["variants"] == {"scale": "fixed"}
    assert "fixed" not in planned  # no value of a user's stands in a shell line
    assert "tests/diagnostics/mended/" in planned
    assert "tests/diagnostics/toy/" not in planned


def test_a_case_without_a_dataset_makes_none(fresh):
    assert not {rule for rule, _ in fresh.planned("report_summary")} & {"make_dataset", "describe_dataset"}


def test_j4_means_four_cores_and_not_four_stages(fresh):
    """With `cores` in the default profile Snakemake would take -j4 as four stages of any width."""
    assert "Provided cores: 4" in fresh.snakemake("archive_legacy").stderr
