"""What decides the key of a measurement beside its settings."""

from faultline.plan.config import load
from faultline.plan.designs import groups
from faultline.plan.requests import Planner
from faultline.store.objects import Store
from faultline.targets.case import read_signature

MODEL = """
import os


def build():
    return float(os.environ["N_STEPS"])
"""


def test_an_environment_variable_that_a_model_reads_is_in_its_key(tmp_path, monkeypatch):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    keys = {}
    for value in ("", "1", "2", "1"):
        monkeypatch.setenv("N_STEPS", value)
        signature = read_signature(str(path))
        planner = Planner(
            Store(tmp_path / "store"), load({"case": str(path), "dataset": None}), signature, {}
        )
        keys.setdefault(value, set()).add(planner.group(groups(signature)[0], groups(signature)).measured)
    assert all(len(found) == 1 for found in keys.values())
    assert len(set.union(*keys.values())) == 3
