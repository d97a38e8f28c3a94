"""What to do about a check stands in one family of findings, in the file that makes the check."""

import ast
from pathlib import Path

import pytest

from faultline.criteria import run_statistics
from faultline.diagnosis import actions, answering, headlines, interpretation, sureness, suspects
from faultline.diagnosis.kinds import build, sampling
from faultline.findings import advice
from faultline.report.plots.panels import PANELS

FOLDER = Path(advice.__file__).parent
MAKERS = {"Check", "equals", "at_most", "at_least", "Finding", "_helps"}
NO_FAULTS = {
    "agrees_with_arviz",
    "arrays_finite",
    "arrays_steady",
    "data_complete",
    "draws_fit",
    "gradient_share",
    "jitter_loss_per_value",
    "jittered_starts_finite",
    "prior_expects",
    "samples_well",
    "terms_finite",
    "test_like_train",
    "test_rows_unseen",
    "values_continuous",
    "values_felt",
    "values_informed",
}
"""Checks that are remarks or standards, whatever they find, and call for nothing."""


LISTS = (
    PANELS,
    actions._WORTH_A_LOOK,
    answering._IN_WORDS,
    build._MEANS,
    headlines.PATTERNS,
    interpretation._FORMALITIES,
    sampling._AT_START,
    sampling._FOR_RUNS,
    sureness.EXACT,
    suspects.BREAKS_GRADIENTS,
    suspects.DATA_CHECKS,
    suspects.EXPLAINS_NO_SAMPLING,
)
"""Checks that a rule, a page or a picture knows by their names."""
NO_CHECKS = {"outcome", "error"}
"""What a page treats as one."""


def made():
    """The names of all checks."""
    return set().union(*map(made_in, [*FOLDER.glob("*.py"), Path(run_statistics.__file__)]))


def made_in(path):
    """The names of the checks that a file makes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = [
        call.args[0]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in MAKERS and call.args
    ]
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


def test_every_fault_that_has_advice_is_said_in_one_line():
    assert set(advice.ADVICE) - set(actions._WORTH_A_LOOK) <= set(headlines.PATTERNS)


def test_no_list_names_a_check_that_there_is_not():
    assert set().union(*LISTS) - NO_CHECKS - made() == set()


@pytest.mark.parametrize("family", advice.FAMILIES, ids=lambda family: family.__name__.split(".")[-1])
def test_some_group_asks_every_family(family):
    """Whoever adds a family and calls it nowhere would see no check of it, and nothing else."""
    name = family.__name__.split(".")[-1]
    others = [*FOLDER.glob("*.py"), *(FOLDER.parent / "diagnosis").rglob("*.py")]
    callers = [path.name for path in others if path.name != "advice.py" and calls(path, name)]
    assert callers, f"no file of findings/ or diagnosis/ calls a function of findings/{name}.py"


def calls(path, family):
    """Whether a file calls a function of a family."""
    tree = ast.parse(path.read_text())
    modules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "faultline.findings"
        for alias in node.names
        if alias.name == family
    }
    functions = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == f"faultline.findings.{family}"
        for alias in node.names
    }
    used = {
        node.func.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    }
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return bool(modules & used or functions & called)
