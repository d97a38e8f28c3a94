"""Which suite a run goes to: its own by default, the named one only if it is of this case and dataset."""

import argparse
from types import SimpleNamespace

import pytest

from faultline.cli import by_hand
from faultline.core.errors import InputError
from faultline.plan.config import Config, load
from faultline.plan.suites import choose_suite
from faultline.store.suite import Suite

DEFAULT = "tests/diagnostics/datasets/v0.2.1_L00_minimal.npz"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def case(ref: str, takes_dataset: bool = False, loads: bool = False):
    """What `choose_suite` reads of a case."""
    return SimpleNamespace(ref=ref, takes_dataset=takes_dataset, needs_dataset=takes_dataset, loads=loads)


def chosen(**settings):
    config = load(settings)
    signature = case(config.case, config.case == "gimbal" or config.dataset.endswith("npz"), True)
    suite, line = choose_suite(config, signature)
    return str(suite.folder), line


def test_the_defaults_keep_their_suite_and_nothing_is_said():
    assert chosen() == ("tests/diagnostics/v0_2_1_divergence", "")
    assert choose_suite(Config(), case("gimbal", True, True))[0].folder.name == "v0_2_1_divergence"


def test_another_dataset_or_case_has_a_suite_named_after_it(tmp_path):
    folder, line = chosen(dataset="v0.2.1_L02_outliers")
    assert folder == "tests/diagnostics/v0_2_1_L02_outliers"
    assert line == (
        "Suite tests/diagnostics/v0_2_1_L02_outliers, named after case gimbal with dataset v0.2.1_L02_outliers.npz; "
        "choose another with suite=NAME."
    )
    assert chosen(case="models/radon.py")[0] == "tests/diagnostics/radon"
    assert chosen(case="my_package.zwölf")[0] == "tests/diagnostics/zw_lf"
    assert chosen(case="datasets.py")[0] == "tests/diagnostics/suite_datasets"


def test_a_file_of_the_same_name_elsewhere_has_another_suite():
    first = Suite(chosen(case="one/radon.py")[0])
    first.remember("one/radon.py", None)
    assert chosen(case="one/radon.py")[0] == "tests/diagnostics/radon"
    other = chosen(case="two/radon.py")[0]
    assert other.startswith("tests/diagnostics/radon_") and other == chosen(case="two/radon.py")[0]


def test_a_named_suite_of_another_case_is_refused_unless_overwriting_is_allowed():
    Suite("tests/diagnostics/mine").remember("gimbal", DEFAULT)
    assert chosen(suite="mine")[0] == "tests/diagnostics/mine"
    with pytest.raises(InputError) as mistake:
        chosen(suite="mine", case="radon.py")
    assert str(mistake.value).startswith(
        "suite tests/diagnostics/mine belongs to case gimbal with dataset v0.2.1_L00"
    )
    assert "omit suite to use tests/diagnostics/radon," in str(mistake.value)
    with pytest.raises(InputError, match="belongs to"):
        chosen(suite="mine", dataset="v0.2.1_L01_noise")
    assert chosen(suite="mine", case="radon.py", overwrite=True)[0] == "tests/diagnostics/mine"


def test_the_same_file_by_another_path_is_the_same_case(tmp_path):
    (tmp_path / "radon.py").touch()
    Suite("tests/diagnostics/mine").remember("radon.py", None)
    assert chosen(suite="mine", case=str(tmp_path / "radon.py"))[0] == "tests/diagnostics/mine"
    assert chosen(case="./radon.py")[0] == "tests/diagnostics/radon"


def test_scripts_by_hand_go_by_the_same_rule(tmp_path, capsys):
    (tmp_path / "radon.py").write_text("def build():\n    return 1\n")
    parser = argparse.ArgumentParser()
    by_hand.add_group_options(parser)

    def asked(*options: str) -> str:
        given = ["--case", "radon.py", "--dataset_name", "none", *options]
        return str(by_hand.asked_by_hand(parser.parse_args(given), [1]).suite.folder)

    assert asked() == "tests/diagnostics/radon"
    assert capsys.readouterr().out.startswith("Suite tests/diagnostics/radon, named after case radon.py;")
    Suite("elsewhere").remember("gimbal", None)
    with pytest.raises(
        InputError, match="suite elsewhere belongs to case gimbal, but this run is for case radon.py"
    ):
        asked("--suite_dir", "elsewhere")
    assert asked("--suite_dir", "elsewhere", "--overwrite") == "elsewhere"
