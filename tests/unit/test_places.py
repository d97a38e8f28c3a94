"""Where a diagnosis and its measurements are found: of the command, and of Snakemake in a checkout."""

import os

import pytest

from faultline.cli.places import OF_SNAKEMAKE, diagnosed, store_of
from faultline.core.errors import InputError
from faultline.store.objects import Store
from faultline.store.suite import Suite


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("faultline.core.record.SUITES", "faultline-results")
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "mine"))
    (tmp_path / "model.py").write_text("")
    return tmp_path


def suite(folder, when):
    (folder / "results").mkdir(parents=True)
    Suite(folder).remember("model.py", None)
    summary = folder / "results" / "summary.json"
    summary.write_text("{}")
    os.utime(summary, (when, when))


def test_the_newest_diagnosis_is_found_wherever_it_was_made(home):
    with pytest.raises(InputError, match="no diagnosis of model.py"):
        diagnosed("model.py")
    of_command, of_snakemake = home / "faultline-results" / "model", home / OF_SNAKEMAKE / "model"
    suite(of_snakemake, 10)
    assert diagnosed("model.py:build")[1].resolve() == of_snakemake
    suite(of_command, 20)
    assert diagnosed("model.py")[1].resolve() == of_command
    (home / "other.py").write_text("")
    with pytest.raises(InputError, match="no diagnosis of other.py"):
        diagnosed("other.py")


def test_its_measurements_are_in_the_store_among_its_suites_or_in_the_users(home):
    assert store_of(home / "faultline-results" / "model").root == Store().root == home / "mine"
    (home / OF_SNAKEMAKE / ".store").mkdir(parents=True)
    assert store_of(home / OF_SNAKEMAKE / "model").root == home / OF_SNAKEMAKE / ".store"
