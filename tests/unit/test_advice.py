"""What to do about a check stands in one family of findings, in the file that makes the check."""

import ast
from pathlib import Path

import pytest

from faultline.findings import advice

FOLDER = Path(advice.__file__).parent
MAKERS = {"equals", "at_most", "at_least", "Finding", "_helps"}
NO_FAULTS = {
    "data_complete",
    "gradient_share",
    "jitter_loss_per_value",
    "jittered_starts_finite",
    "prior_expects",
    "samples_well",
    "values_continuous",
    "values_felt",
    "values_informed",
}
"""Checks that are remarks or standards, whatever they find, and call for nothing."""


def made_in(path):
    """The names of the checks that a file makes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in MAKERS]
    return {part.value for name in names for part in ast.walk(name) if isinstance(part, ast.Constant)}


@pytest.mark.parametrize("family", advice.FAMILIES, ids=lambda family: family.__name__.split(".")[-1])
def test_a_family_has_advice_for_checks_of_its_own(family):
    assert set(family.ADVICE) <= made_in(Path(family.__file__))


def test_every_family_is_listed():
    having = {path.name for path in FOLDER.glob("*.py") if "\nADVICE: Advice = " in path.read_text()}
    assert having - {"advice.py"} == {Path(family.__file__).name for family in advice.FAMILIES}


def test_every_fault_has_advice_in_one_family():
    paths = set(FOLDER.glob("*.py")) - {FOLDER / "sampling.py"}  # whose remedies are those of a run
    made = set().union(*map(made_in, paths))
    assert made - NO_FAULTS == set(advice.ADVICE)
    assert sum(len(family.ADVICE) for family in advice.FAMILIES) == len(advice.ADVICE)
