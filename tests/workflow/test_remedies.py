"""A change that cures, from the command to the file that has it."""

import subprocess
import sys

import numpy as np
import pymc as pm
import pytest

import faultline
from faultline.core.record import read_json, validate
from faultline.remedies.written import differs

pytestmark = [pytest.mark.slow, pytest.mark.long]

SCHOOLS = """
import numpy as np
import pymc as pm

y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
sigma = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def build():
    with pm.Model(coords={"school": list("ABCDEFGH")}) as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, dims="school")  # the effects
        pm.Normal("y", theta, sigma, observed=y, dims="school")
    return model
"""
SOUND = """
import pymc as pm

with pm.Model() as model:
    mu = pm.Normal("mu", 0, 5)
    pm.Normal("y", mu, 1, observed=[0.3, 1.2, -0.4])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("remedies")


@pytest.fixture(scope="module")
def home(folder):
    """Where results go, as a user's shell has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTLINE_STORE", str(folder / "store"))
        patch.chdir(folder)
        yield patch


@pytest.fixture(scope="module")
def said(folder, home):
    """What the command prints."""
    (folder / "schools.py").write_text(SCHOOLS)
    done = command("diagnose", "schools.py", "--cores", "2", folder=folder)
    assert done.returncode == 0
    return done.stderr + done.stdout


@pytest.fixture(scope="module")
def schools(said):
    """What the call makes of that: nothing runs again."""
    return faultline.diagnose("schools.py", cores=2, progressbar=False)


def command(*words, folder):
    return subprocess.run(
        [sys.executable, "-P", "-m", "faultline", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_answer_of_the_groups_is_said_before_changes_are_tried(said):
    before, _, after = said.partition("so far: FAIL; geometry: a funnel: `tau` sets the scale of `theta`")
    assert "now:    2 changes that may cure the model are tried" in after
    assert "change 2: " not in before and "change 2: " in after and "Non-center `theta`." in after


def test_the_answer_is_the_cure(schools):
    assert (schools.outcome, schools.how_sure) == ("fail", "high")
    cure = schools.cure
    assert (
        cure.outcome == "cures" and cure.equivalent is True and cure.row["passes"] == cure.row["fresh"] >= 3
    )
    assert cure.row["steps"] == [{"kind": "non_centered", "names": ["theta"]}]
    assert (
        schools.next_steps[0].startswith("Non-center `theta`.")
        and "The posterior is the same." in schools.next_steps[0]
    )
    assert "no remedy has been tried" not in schools.answer.why
    assert [row["model"] for row in cure.table()].count("unchanged") == schools.summary["remedies"][
        "unchanged"
    ]["fresh"]
    # Small steps alone were tried beside it, and do not cure a funnel.
    assert [each.outcome for each in schools.remedies if each.sampler and not each.row["steps"]] == [
        "does not cure"
    ]
    assert validate(schools.summary, "summary") == []
    assert validate(read_json(schools.folder / "results" / "remedies.json"), "remedies") == []


def test_the_lines_are_those_of_the_file_and_apply(schools, folder, tmp_path):
    page = (schools.folder / "report_summary.md").read_text()
    assert (
        "+        theta_raw = pm.Normal(" in page
        and "## Changes that were tried" in page
        and "Does it matter?" in page
    )
    (tmp_path / "schools.py").write_text(SCHOOLS)
    (tmp_path / "cure.patch").write_text(schools.cure.diff())
    subprocess.run(["patch", "-p1", "-i", "cure.patch"], cwd=tmp_path, check=True, capture_output=True)
    fixed = (tmp_path / "schools.py").read_text()
    assert 'theta = pm.Deterministic("theta", mu + tau * theta_raw, dims="school")  # the effects' in fixed
    space = {}
    exec(compile(fixed, "schools.py", "exec"), space)
    before = {}
    exec(compile(SCHOOLS, "schools.py", "exec"), before)
    assert differs(schools.cure.model(before["build"]()), space["build"](), seed=3) is None


def test_fix_writes_a_copy_beside_the_file(schools, folder):
    done = command("fix", "schools.py", folder=folder)
    assert done.returncode == 0 and "schools_fixed.py" in done.stdout
    assert (folder / "schools.py").read_text() == SCHOOLS
    assert "theta_raw" in (folder / "schools_fixed.py").read_text()
    assert command("fix", "schools.py", folder=folder).returncode == 0
    (folder / "schools_fixed.py").write_text("mine")
    refused = command("fix", "schools.py", folder=folder)
    assert refused.returncode == 1 and "schools_fixed.py exists already" in refused.stderr.splitlines()[-1]
    assert (folder / "schools_fixed.py").read_text() == "mine"


def test_the_shortest_version_still_fails_and_keeps_what_is_at_fault(schools, folder):
    whole = SCHOOLS.replace(
        'coords={"school": list("ABCDEFGH")}', 'coords={"school": list("ABCDEFGH"), "sex": ["f", "m"]}'
    )
    whole = whole.replace("y = np", "import json\n\nUNUSED = json.dumps(3)\ny = np")
    whole = whole.replace("theta, sigma, obs", "theta + slope * 0.1, sigma, obs").replace(
        "        tau =", '        slope = pm.Normal("slope", 0, 1)\n        tau ='
    )
    (folder / "long_schools.py").write_text(whole)
    assert command("diagnose", "long_schools.py", "--set", "limits.remedies=0", folder=folder).returncode == 0
    done = command("minimize", "long_schools.py", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "3 of 3 fresh runs fail" in done.stdout.splitlines()[-1]
    assert (folder / "long_schools.py").read_text() == whole
    text = (folder / "long_schools_minimal.py").read_text()
    assert not [word for word in ("json", "UNUSED", "slope", "sex", "#  the effects") if word in text]
    space = {"__name__": "short"}
    exec(compile(text, "short.py", "exec"), space)
    model = space["build"]()
    assert {"tau", "theta"} <= set(model.named_vars) and [rv.name for rv in model.observed_RVs] == ["y"]
    assert "random_seed=" in text and 'if __name__ == "__main__":' in text


def test_the_shortest_version_has_the_data_that_the_file_reads(folder, home, tmp_path):
    rows = ["A,28,15", "B,8,10", "C,-3,16", "D,7,11", "E,-1,9", "F,1,11", "G,18,10", "H,12,18"]
    (folder / "schools.csv").write_text("\n".join(["school,effect,sd", *rows, ""]))
    script = """
import pandas as pd
import pymc as pm

data = pd.read_csv("schools.csv")
with pm.Model(coords={"school": data["school"]}) as schools:
    mu = pm.Normal("mu", 0, 5)
    tau = pm.HalfCauchy("tau", 5)
    theta = pm.Normal("theta", mu, tau, dims="school")
    pm.Normal("y", theta, data["sd"].to_numpy(), observed=data["effect"].to_numpy(), dims="school")
    idata = pm.sample()
"""
    given = """
import pandas as pd
import pymc as pm


def load_dataset(path):
    return pd.read_csv(path).dropna()


def build(data):
    with pm.Model(coords={"school": data["school"]}) as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, dims="school")
        pm.Normal("y", theta, data["sd"].to_numpy(), observed=data["effect"].to_numpy(), dims="school")
    return model
"""
    for name, text, options in (("script", script, []), ("given", given, ["--data", "schools.csv"])):
        (folder / f"{name}.py").write_text(text)
        assert (
            command(
                "diagnose", f"{name}.py", *options, "--set", "limits.remedies=0", folder=folder
            ).returncode
            == 0
        )
        done = command("minimize", f"{name}.py", folder=folder)
        assert done.returncode == 0, done.stderr
        assert ("post that with it" in done.stdout) == (name == "given")
        assert len(done.stdout.splitlines()) == 1 + (name == "given")  # progress goes to standard error
        place = tmp_path if name == "script" else folder
        (place / "short.py").write_text((folder / f"{name}_minimal.py").read_text())
        ran = subprocess.run(
            [sys.executable, "short.py"], cwd=place, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.splitlines()[-1].endswith(" divergences")


def test_a_model_that_passes_has_no_shortest_version(folder, home):
    (folder / "fine.py").write_text(SOUND)
    assert command("diagnose", "fine.py", folder=folder).returncode == 0
    refused = command("minimize", "fine.py", folder=folder)
    assert refused.returncode == 1 and "no run of fine.py has failed" in refused.stderr.splitlines()[-1]


def test_a_second_run_does_nothing(schools, folder):
    stamp = (schools.folder / "report_summary.html").stat().st_mtime_ns
    again = faultline.diagnose("schools.py", cores=2, progressbar=False)
    assert again.summary == schools.summary
    assert (schools.folder / "report_summary.html").stat().st_mtime_ns == stamp


def test_nothing_is_tried_where_none_is_wanted(schools, folder):
    found = faultline.diagnose(
        "schools.py", cores=2, progressbar=False, settings={"limits.remedies": 0, "suite": "none"}
    )
    assert found.remedies == [] and found.cure is None and found.how_sure == "medium"
    assert "no remedy has been tried yet" in found.answer.why
    # The groups are those of the other suite: nothing was measured again.
    assert [row["seconds"] for row in found.groups] == [row["seconds"] for row in schools.groups]


def test_a_model_that_passes_is_offered_no_change(folder, home):
    (folder / "sound.py").write_text(SOUND)
    found = faultline.diagnose("sound.py", cores=2, progressbar=False)
    assert found.outcome == "pass" and found.remedies == [] and "remedies" not in found.summary
    refused = command("fix", "sound.py", folder=folder)
    assert refused.returncode == 1 and "no change is known that cures" in refused.stderr.splitlines()[-1]
    refused = command("fix", "nowhere.py", folder=folder)
    assert refused.returncode == 1 and refused.stderr.splitlines()[-1] == (
        "error: there is no file nowhere.py; give the file that was diagnosed."
    )


def test_a_live_model_is_cured_without_lines(folder, home):
    with pm.Model() as model:
        step = pm.HalfNormal("step", 1)
        x = pm.Normal("x", 0, step, shape=12)
        pm.Normal("y", x, 30.0, observed=np.linspace(-1, 1, 12))
    found = faultline.diagnose(model, path=folder / "live", cores=2, progressbar=False)
    assert found.cure is not None and found.cure.diff() is None
    assert (
        "The lines could not be written into your file: the model was given without its file."
        in found.next_steps[0]
    )
    assert "x_raw" in found.cure.model(model).named_vars
