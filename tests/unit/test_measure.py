"""Whatever a model does, the group ends with exit code 0 and a valid record that says so."""

from __future__ import annotations

import re
import shutil

import pytest
from measure_toys import BUILD, ENVIRONMENT, LINE, MEASURED, SCRIPTS, measured, run

from faultline.core.record import RecordFile, read_json
from faultline.core.recorder import Recorder

ENDINGS = {
    "raises": ("raise ValueError('no such prior')", "ValueError", "no such prior", "toy.py"),
    "exits": ("import sys; sys.exit(3)", "SystemExit", "sys.exit(3)", "toy.py"),
    "exits at once": ("import os; os._exit(0)", "Exit", "without finishing", ""),
    "is killed": ("import os; os.kill(os.getpid(), 9)", "Killed", "SIGKILL", ""),
    "crashes": ("import ctypes; ctypes.string_at(0)", "Killed", "SIGSEGV", "in build"),
    "eats memory": (
        "hold = []\n    while True: hold.append(bytearray(20_000_000))",
        "MemoryLimit",
        "600 MB allowed",
        "in build",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_of_a_model_is_a_finding(tmp_path, name):
    body, kind, message, traceback = ENDINGS[name]
    done = run(tmp_path, f"def build():\n    {body}\n", "--limit_memory_mb", "600")
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path)
    error = record["error"]
    assert (error["stage"], error["type"]) == ("build", kind)
    assert message in error["message"]
    assert traceback in error["traceback"]
    assert record["timings"]["import"] > 0 and record["peak_memory_mb"] > 10
    if kind == "Killed":
        assert error["signal"] == ("SIGKILL" if name == "is killed" else "SIGSEGV")


def test_a_hang_that_holds_the_interpreter_is_seen_and_ended(tmp_path):
    hang = "import ctypes\ndef build():\n    ctypes.PyDLL(None).sleep(60)\n"
    done = run(tmp_path, hang, "--limit_total", "10")
    assert done.returncode == 0, done.stderr
    error = measured(tmp_path)["error"]
    assert (error["stage"], error["type"]) == ("build", "TimeLimit")
    assert "toy.py" in error["traceback"], "where it hung"
    beats = re.findall(r"^group 1: building the model \((\d+) s, \d+ MB\)$", done.stdout, re.M)
    assert len(beats) >= 2 and any(int(seconds) >= 3 for seconds in beats), done.stdout


SLOW_COMPILE = """
import time
import pymc as pm
from pytensor.graph.op import Op
from pytensor.graph.basic import Apply
from pytensor.link.jax.dispatch import jax_funcify

class Slow(Op):
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]
    def pullback(self, inputs, outputs, gradients):
        return [3 * gradients[0]]

@jax_funcify.register(Slow)
def _(op, **kwargs):
    time.sleep(60)

def build():
    with pm.Model() as model:
        pm.Potential("slow", Slow()(pm.Normal("x")))
    return model
"""


def test_a_slow_compilation_ends_at_its_own_limit_and_keeps_what_came_before(tmp_path):
    done = run(tmp_path, SLOW_COMPILE, "--limit_compile", "3", group="2")
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path, "group_2_gradient_sanity")
    assert (record["error"]["stage"], record["error"]["type"]) == ("compile", "TimeLimit")
    assert "limits.compile" in record["error"]["message"]
    assert record["error"]["seconds_in_stage"] >= 3
    assert record["model"]["potentials"] == ["slow"], "what was measured before"


def test_the_gradient_at_the_start_is_kept_before_anything_is_compiled(tmp_path):
    source = SLOW_COMPILE.replace('pm.Normal("x")', 'pm.Normal("x", 2)')
    done = run(tmp_path, source, "--limit_compile", "3", group="2")
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path, "group_2_gradient_sanity")
    assert (record["error"]["stage"], record["error"]["type"]) == ("compile", "TimeLimit")
    assert 0 < record["timings"]["first_gradient"] < 3
    assert record["gradient"]["top"] == [{"name": "x", "index": [], "value": 3.0}]


OUTSIDE = """
import numpy as np, pymc as pm, pytensor

def build():
    with pm.Model() as model:
        effect = pm.Normal("effect", shape=2)
        pm.Potential("y", -({} ** 2).sum())
    return model
"""


def test_an_index_that_leaves_its_array_is_found_before_anything_is_evaluated(tmp_path):
    done = run(tmp_path, OUTSIDE.format("effect[np.array([0, 1, 2])]"))
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path)
    assert record["error"] is None and "logp" not in record
    assert [row["n_outside"] for row in record["probes"]["indices"]] == [1]


STRANGER = """
import pymc as pm

def build():
    with pm.Model() as model:
        pm.Normal("y", pm.Normal.dist(), pm.HalfNormal("scale"), observed=[1.0, 2.0])
    return model
"""


@pytest.mark.parametrize(
    ("number", "group"), [("1", "group_1_build_only_sanity"), ("4", "group_4_taken_apart")]
)
def test_a_log_probability_that_pymc_refuses_to_build_is_named_and_no_crash(tmp_path, number, group):
    done = run(tmp_path, STRANGER, group=number)
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path, group)
    assert record["error"] is None and "logp" not in record and "apart" not in record
    assert [row["factor"] for row in record["probes"]["random"]] == ["y"]


def test_an_index_that_leaves_its_array_in_a_loop_ends_the_group_that_takes_the_model_apart(tmp_path):
    """XLA would take the last element instead, and the model would be another one."""
    loop = "pytensor.scan(lambda i, e: e[i], np.array([0, 2]), None, [effect], return_updates=False)"
    done = run(tmp_path, OUTSIDE.format(loop), group="4")
    assert done.returncode == 0, done.stderr
    error = measured(tmp_path, "group_4_taken_apart")["error"]
    assert error["type"] == "IndexError"


def test_a_logp_that_is_not_a_number_is_measured_not_raised(tmp_path):
    source = LINE.replace(
        "return model", "    pm.Potential('root', pm.math.log(-1 - slope**2))\n    return model"
    )
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path)
    assert record["error"] is None
    assert record["logp"]["terms"][0]["name"] == "root" and record["logp"]["n_nan"] == 1


def test_slow_sampling_that_reaches_the_limit_keeps_its_draws(tmp_path):
    import xarray as xr

    source = LINE.replace("def build():", "def build(*, part: bool = True):").replace(
        "np.arange(5.0), 1.0, observed=[0.1, 2.0, 4.2, 5.9, 8.1]",
        "np.linspace(0, 1, 400_000), 1.0, observed=np.zeros(400_000)",
    )
    options = ["--limit_total", "20", "--chains", "1", "--tune", "20", "--draws", "100000000"]
    done = run(tmp_path, source, *options, group="3")
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path, "group_3_sampling_baseline_minimal")
    assert (record["error"]["stage"], record["error"]["type"]) == ("sample", "TimeLimit")
    assert record["sampling"]["n_draws"] > 0 and record["sampling"]["complete"] is False
    assert re.search(
        r"group 3: sampling, \d+ of 100000020 draws, \d+ divergences \(\d+ s, \d+ MB\)", done.stdout
    ), done.stdout
    draws = xr.load_datatree(
        tmp_path / "tests/diagnostics/toy/debug_outputs/group_3_sampling_baseline_minimal/draws.nc"
    )
    assert draws["posterior"].sizes["draw"] == record["sampling"]["n_draws"]


WRONG_SLOPE = """
import numpy as np, pymc as pm, pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

class Squared(Op):
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(inputs[0] ** 2)
    def pullback(self, inputs, outputs, cotangents):
        return [SLOPE * inputs[0] * cotangents[0]]

def build(*, part: bool = True):
    with pm.Model() as model:
        x = pm.Normal("x", 0, 5)
        pm.Potential("fit", -2 * Squared()(x))
    return model
"""


@pytest.mark.parametrize("slope, adds_up", [("2.0", True), ("1.0", False)])
def test_a_sampling_group_says_whether_its_gradient_adds_up(tmp_path, slope, adds_up):
    options = ["--chains", "1", "--tune", "20", "--draws", "20"]
    done = run(tmp_path, WRONG_SLOPE.replace("SLOPE", slope), *options, group="3")
    assert done.returncode == 0, done.stderr
    assert measured(tmp_path, "group_3_sampling_baseline_minimal")["gradient"]["adds_up"] is adds_up


def test_a_group_that_could_not_sample_still_leaves_a_file_of_draws(tmp_path):
    import xarray as xr

    run(tmp_path, "def build(*, part: bool = True):\n    raise ValueError\n", group="3")
    draws = xr.load_datatree(
        tmp_path / "tests/diagnostics/toy/debug_outputs/group_3_sampling_baseline_minimal/draws.nc"
    )
    assert not draws.children


def test_an_installation_that_is_broken_is_no_finding(tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pymc.py").write_text("raise ImportError('half installed')")
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", f"{tmp_path / 'broken'}:{ENVIRONMENT['PYTHONPATH']}")
    done = run(tmp_path, LINE)
    assert_internal(done)
    assert "half installed" in done.stderr.splitlines()[-1]
    assert not (tmp_path / MEASURED.format(BUILD)).exists()


def assert_internal(done) -> None:
    """Exit code 70, the traceback, and one sentence at the end."""
    assert done.returncode == 70, done.stdout + done.stderr
    assert "Traceback (most recent call last):" in done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("error: an error inside Faultline, which says nothing about the model (")
    assert len(last) < 410


def test_an_error_inside_faultline_is_no_finding_about_the_model(tmp_path, monkeypatch):
    """A probe of a broken copy raises: the model has no part in it, though it was being measured."""
    copy = tmp_path / "copy"
    shutil.copytree(SCRIPTS.parent / "src" / "faultline", copy / "src" / "faultline")
    shutil.copytree(SCRIPTS, copy / "scripts")
    build = copy / "src" / "faultline" / "probes" / "build.py"
    build.write_text(
        build.read_text().replace("def describe(", "def describe(*_):\n    {}['slip']\n\ndef _describe(")
    )
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", str(copy / "src"))
    done = run(tmp_path, LINE)
    assert_internal(done)
    assert "KeyError: 'slip'" in done.stderr.splitlines()[-1]
    assert not (tmp_path / MEASURED.format(BUILD)).exists()


RAISES = {
    "an Op of the user's": (
        "    class Own(Op):\n        def make_node(self, x): return Apply(self, [x], [x.type()])\n"
        "        def perform(self, node, inputs, outputs): raise KeyError('in perform')\n"
        "    pm.Potential('p', Own()(slope))",
        "KeyError",
    ),
    "shapes that do not fit": (
        "    pm.Potential('p', (slope * pm.Data('d', [1.0, 2.0]) + pm.Data('e', [1.0, 2.0, 3.0])).sum())",
        "ValueError",
    ),
    "a message of 20 MB": ("    raise ValueError('x' * 20_000_000)", "ValueError"),
    "a message that raises": (
        "    class Odd(Exception):\n        def __str__(self): raise RuntimeError\n    raise Odd",
        "Odd",
    ),
    "a recursion": ("    def down(n): return down(n + 1)\n    down(0)", "RecursionError"),
}


@pytest.mark.parametrize("kind", RAISES)
def test_what_the_model_brings_about_is_a_finding_of_bounded_length(tmp_path, kind):
    body, name = RAISES[kind]
    indented = "\n".join("    " + line for line in body.splitlines())
    imports = "from pytensor.graph.basic import Apply\nfrom pytensor.graph.op import Op\n"
    done = run(tmp_path, imports + LINE.replace("    return model", indented + "\n    return model"))
    assert done.returncode == 0, done.stderr
    error = measured(tmp_path)["error"]
    assert error["type"] == name
    assert len(error["message"]) < 5000 and len(error["traceback"]) < 25_000
    assert len(done.stdout) < 20_000


@pytest.mark.parametrize("where", ["in the environment", "at the top", "in build"])
def test_single_precision_is_not_judged(tmp_path, monkeypatch, where):
    """In single precision every derivative by differences is noise: the model is measured in double, and that is said."""
    source, line = LINE, "pytensor.config.floatX = 'float32'\n"
    if where == "in the environment":
        monkeypatch.setitem(ENVIRONMENT, "PYTENSOR_FLAGS", "floatX=float32")
    elif where == "at the top":
        source = f"import pytensor\n{line}{source}"
    else:
        source = "import pytensor\n" + source.replace("def build():\n", f"def build():\n    {line}")
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    record = measured(tmp_path)
    assert record["error"] is None and record["logp"]["n_nan"] == 0
    assert record["environment"]["floatX"] == "float64 (float32 was asked for)"


def test_a_section_that_is_no_json_leaves_the_record_whole(tmp_path):
    RecordFile(tmp_path / "record.json", model={"n_values": 3})
    worker = Recorder({"record": str(tmp_path / "record.json")}, progress=None)
    with pytest.raises(TypeError):
        worker.keep(mixture={"oddity": object()})
    worker.keep(error=None)
    assert read_json(tmp_path / "record.json") == {
        "schema_version": 1,
        "model": {"n_values": 3},
        "error": None,
    }


@pytest.mark.parametrize(
    ("source", "group", "sentence"),
    [
        (
            "def build():\n    with pm.Model() as model: pm.Normal('chain')\n    return model",
            "1",
            "a variable is named 'chain'",
        ),
        (
            "def group_probes(*_): return {'request': 'zzz'}\n\ndef build():\n    with pm.Model() as model: pm.Normal('x')\n    return model",
            "3",
            "group_probes of case .* returned section request",
        ),
        (
            "def group_probes(*_): return {'mass': [3]}\n\ndef build():\n    with pm.Model() as model: pm.Normal('x')\n    return model",
            "3",
            "group_probes of case .* returned \\[3\\] as mass; a section must be a mapping",
        ),
    ],
)
def test_a_name_that_is_taken_is_one_sentence(tmp_path, source, group, sentence):
    done = run(tmp_path, f"import pymc as pm\n\n{source}\n", group=group)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert re.search(sentence, done.stderr.strip().splitlines()[-1])
