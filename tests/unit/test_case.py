"""A case is read from its source, and mistakes in it get one sentence."""

import sys
import textwrap
from pathlib import Path

import numpy as np
import pymc as pm
import pytest

from faultline.core.errors import LONGEST, InputError
from faultline.targets.case import read_signature
from faultline.targets.loading import load_case
from faultline.targets.observed_data import coerced

SOURCE = """
from typing import Literal
import pymc as pm

LATENTS = {"x": ("x",)}
LABELS = {"use_noise": "noise"}
PRESETS = {"repaired": {"root": "positions"}}

def build(dataset=None, *, use_noise: bool = True, use_drift: bool = False,
          root: Literal["increments", "positions"] = "increments", scale: float = 2.0):
    with pm.Model() as model:
        pm.Normal("x", 0, scale if use_noise else 1)
    return model
"""


@pytest.fixture
def case_file(tmp_path):
    def write(source: str, name: str = "their_model.py") -> str:
        path = tmp_path / name
        path.write_text(textwrap.dedent(source))
        return str(path)

    return write


def test_signature_is_read_without_running_the_module(case_file):
    signature = read_signature(case_file("raise SystemExit('must not run')\n" + SOURCE))
    assert signature.components == {"use_noise": True, "use_drift": False}
    assert signature.variants["root"].choices == ("increments", "positions")
    assert signature.variants["root"].default == "increments"
    assert signature.latents == {"x": ("x",)}
    assert signature.labels == {"use_noise": "noise", "use_drift": "drift"}
    assert signature.takes_dataset


@pytest.mark.parametrize(
    ("line", "loads"),
    [
        ("def load_dataset(path, max_T, max_K): ...", True),
        ("from theirs import load as load_dataset", True),
        ("from theirs import load_dataset as load", False),
        ("", False),
    ],
)
def test_whether_a_case_loads_its_data_is_read_too(case_file, line, loads):
    assert read_signature(case_file(f"{SOURCE}\n{line}\n")).loads is loads


def test_variants_by_mapping_and_by_preset(case_file):
    signature = read_signature(case_file(SOURCE))
    assert signature.choose_variants(None) == {"root": "increments"}
    assert signature.choose_variants("repaired") == {"root": "positions"}
    assert signature.choose_variants({"root": "positions"}) == {"root": "positions"}
    with pytest.raises(InputError, match="no preset of variants 'mended'; it has repaired"):
        signature.choose_variants("mended")
    with pytest.raises(InputError, match="no variant 'rot'; it has root"):
        signature.choose_variants({"rot": "positions"})
    with pytest.raises(InputError, match="one of increments, positions, not 'p'"):
        signature.choose_variants({"root": "p"})


def test_components_are_chosen_by_name(case_file):
    signature = read_signature(case_file(SOURCE))
    assert signature.choose_components({"use_noise": False}) == {"use_noise": False, "use_drift": False}
    with pytest.raises(InputError, match="no component 'use_nose'"):
        signature.choose_components({"use_nose": False})
    with pytest.raises(InputError, match="must be true or false"):
        signature.choose_components({"use_noise": "off"})


def test_build_gets_the_choices(case_file):
    case = load_case(case_file(SOURCE, "choices.py"))
    model = case.build(None, {"use_noise": True, "use_drift": False}, {"root": "increments"})
    assert [rv.name for rv in model.free_RVs] == ["x"]


def test_arguments_need_not_be_keyword_only(case_file):
    signature = read_signature(case_file("def build(dataset=None, use_noise=True, scale=2.0): return 1"))
    assert signature.components == {"use_noise": True}
    assert signature.takes_dataset and not signature.needs_dataset
    assert read_signature(case_file("def build(*, dataset): return 1")).needs_dataset


@pytest.mark.parametrize(
    ("source", "name", "entry"),
    [
        ("def make_model(df): return pm.Model()", None, ("make_model", "df", False)),
        ("def make_model(df=None): return pm.Model()", None, ("make_model", "df", False)),
        (
            "def make_model(kind: Literal['a', None] = None): return pm.Model()",
            None,
            ("make_model", None, False),
        ),
        ("with pm.Model() as radon: x = 1", None, ("radon", None, True)),
        ("model = somewhere.make()", None, ("model", None, True)),
        ("def build(): return 1\nmodel = pm.Model()", None, ("build", None, False)),
        ("def build(): return 1\nmodel = pm.Model()", "model", ("model", None, True)),
        ("def a(): return pm.Model()\ndef b(*, on: bool = True): return pm.Model()", "b", ("b", None, False)),
        ("def make(): return pm.Model()\nm = make()", None, ("m", None, True)),
        ("radon: pm.Model = pm.Model()", None, ("radon", None, True)),
        (
            "def _helper(): return pm.Model()\ndef pure(): return 1\nmodel = bmb.Model('y ~ x', df)",
            None,
            ("model", None, True),
        ),
    ],
)
def test_what_is_the_model_in_a_file(case_file, source, name, entry):
    ref = case_file(source) + (f":{name}" if name else "")
    found = read_signature(ref)
    assert (found.name, found.data, found.is_model) == entry


def test_a_name_that_is_not_there_lists_those_that_are(case_file):
    ref = case_file("def make(): return pm.Model()\nmodel = pm.Model()\nx = 1")
    with pytest.raises(InputError, match="has no 'mdoel' at its top level; its models are make, model"):
        read_signature(f"{ref}:mdoel")


def test_a_script_runs_up_to_where_it_samples_its_model(case_file, capsys):
    ref = case_file(
        """
import pymc as pm
with pm.Model() as first:
    pm.Normal("a", 0, 1)
    draws = pm.sample_prior_predictive(3)
with pm.Model() as model:
    b = pm.Normal("b", 0, 1)
    pm.Normal("y", b, 1, observed=[0.5, 2.75])
    idata = pm.sample(1_000_000)
raise RuntimeError("never reached")
""",
        "script.py",
    )
    case = load_case(f"{ref}:model")
    model = case.build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == ["b"] and case.build(None, {}, {}) is model
    assert "was run up to where it samples model" in capsys.readouterr().out
    assert pm.sample.__module__.startswith("pymc")


def test_a_script_goes_on_where_it_samples_another_model(case_file):
    ref = case_file(
        """
import pymc as pm
with pm.Model():
    pm.Normal("a", 0, 1)
    pm.find_MAP(progressbar=False)
model = pm.Model()
with model:
    pm.Normal("b", 0, 1)
pm.sample(model=model)
raise RuntimeError
""",
        "two_models.py",
    )
    assert [rv.name for rv in load_case(ref).build(None, {}, {}).free_RVs] == ["b"]


OTHER = "import faultline\nimport pymc as pm\nwith pm.Model() as other:\n    pm.Normal('a')\n"
OWN = "with pm.Model() as model:\n    pm.Normal('b')\n"
SAMPLED = {
    "in its block": (f"{OWN}    pm.sample()", []),
    "by particles": (f"{OWN}    pm.sample_smc()", []),
    "by name": (f"{OWN}with other: pm.sample(model=model)", []),
    "after another": (f"{OWN}with other: pm.sample(3)\npm.sample_smc(model=model)", ["sample"]),
    "after another by name": (f"{OWN}    pm.sample_smc(5, model=other)\n    pm.sample()", ["sample_smc"]),
    "after another that was diagnosed": (f"faultline.diagnose(other)\n{OWN}    pm.sample()", []),
}


@pytest.mark.parametrize("how", SAMPLED)
def test_a_script_ends_where_its_own_model_is_sampled_and_no_other(case_file, monkeypatch, how):
    source, expected = SAMPLED[how]
    ran = []
    for name in ("sample", "sample_smc"):
        monkeypatch.setattr(pm, name, lambda *_, name=name, **__: ran.append(name))
    ref = case_file(f"{OTHER}{source}\nraise RuntimeError('goes on')", "script.py")
    model = load_case(f"{ref}:model").build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == ["b"] and ran == expected


@pytest.mark.parametrize(
    "source", ["with {}:\n    {}", "def build():\n    with {}:\n        {}\n    return model"]
)
def test_a_model_in_a_file_remembers_the_data_it_was_given(case_file, source):
    block = source.format("pm.Model() as model", "pm.Poisson('y', 2, observed=[1.0, 2.75])")
    [row] = coerced(load_case(case_file(f"import pymc as pm\n{block}", "counts.py")).build(None, {}, {}))
    assert (row["name"], row["given"], row["kept"]) == ("y", 2.75, 2)


MAIN = """
import pymc as pm
{imports}

def main(n=2):
    with pm.Model() as model:
        data = [0.5, 2.75]
        pm.Normal("a", 0, 1, shape=n)
        pm.Poisson("y", 2, observed=data)
        pm.find_MAP(progressbar=False)
        {sample}
    raise RuntimeError("goes on")

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("imports", "sample"),
    [
        ("", "pm.sample(1_000_000)"),
        ("from pymc import sample", "sample(1_000_000)"),
        ("", "pm.fit(n=10_000_000)"),
        ("import nutpie", "nutpie.sample(nutpie.compile_pymc_model(model))"),
        ("from pymc.sampling.jax import sample_numpyro_nuts", "sample_numpyro_nuts(10_000_000)"),
        ("import pymc.sampling.jax as pmjax", "pmjax.sample_blackjax_nuts(10_000_000, model=model)"),
    ],
)
def test_a_function_that_samples_its_model_gives_it_unsampled(case_file, capsys, imports, sample):
    ref = case_file(MAIN.format(imports=imports, sample=sample), "main.py")
    case = load_case(ref)
    assert (case.signature.name, case.signature.samples) == ("main", True)
    model = case.build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == [
        "a"
    ] and "up to where it samples its model" in capsys.readouterr().out
    [row] = coerced(model)
    assert row["given"] == 0.5 and pm.sample.__module__.startswith("pymc")
    # At the top level, too.
    body = textwrap.dedent(MAIN.split("(n=2):")[1].split("if __name")[0]).replace("n)", "2)")
    script = case_file(f"import pymc as pm\n{imports}\n{body}".format(sample=sample), "top.py")
    assert [rv.name for rv in load_case(script).build(None, {}, {}).free_RVs] == ["a"]


def test_a_model_that_another_function_samples_on_the_way_is_not_the_one(case_file, monkeypatch):
    ran = []
    monkeypatch.setattr(pm, "sample", lambda *_, **__: ran.append(1))
    source = """
import pymc as pm
def pilot():
    with pm.Model():
        pm.Normal("pilot")
        pm.sample()
def build():
    pilot()
    with pm.Model() as model:
        pm.Normal("a")
        pm.sample()
    return model
"""
    assert [rv.name for rv in load_case(case_file(source, "pilot.py")).build(None, {}, {}).free_RVs] == ["a"]
    assert ran == [1]


@pytest.mark.parametrize(
    ("function", "samples"),
    [
        ("def build():\n    with pm.Model() as m: pm.Normal('a')\n    return m", False),
        ("def build():\n    with pm.Model() as m: pm.sample()\n    return m", True),
        # Which of two models is meant is not known before it returns.
        (
            "def build():\n    with pm.Model(): pm.sample()\n    with pm.Model() as m: pm.sample()\n    return m",
            False,
        ),
        ("def build():\n    with pm.Model() as m: pm.sample_prior_predictive()\n    return m", False),
    ],
)
def test_a_function_is_cut_short_only_if_it_samples_the_one_model_that_it_makes(case_file, function, samples):
    assert read_signature(case_file(function)).samples is samples


def test_what_a_script_calls_its_model_has_to_be_one(case_file):
    with pytest.raises(InputError, match="model is a dict; it must be a pm.Model or a Bambi model"):
        load_case(case_file("model = dict()", "no_model.py")).build(None, {}, {})


@pytest.mark.parametrize(
    ("source", "model"),
    [
        # The block goes on after a look at its optimum.
        (
            "with pm.Model() as model:\n    pm.Normal('a')\n    pm.find_MAP()\n    pm.Normal('b')\n    pm.sample()",
            ["a", "b"],
        ),
        ("def make(): return model_of('c')\nm = make()\n", ["c"]),
        ("model, other = model_of('d'), 3", ["d"]),
        ("assert sys.argv == [__file__]\nmodel = model_of('e')", ["e"]),
        ("import faultline\nmodel = model_of('f')\nfaultline.diagnose(model)\nraise RuntimeError", ["f"]),
        (
            "TARGET, LABELS = 'price', ['x']\nTARGET = 'price'\ndef start(model, chains): 1 / 0\nmodel = model_of('g')",
            ["g"],
        ),
    ],
)
def test_scripts_as_people_write_them(case_file, source, model):
    made = "import sys\nimport pymc as pm\ndef model_of(name):\n    with pm.Model() as made:\n        pm.Normal(name)\n    return made\n"
    ref = case_file(made + source, "script.py")
    name = "m" if "m = " in source else "model"
    case = load_case(f"{ref}:{name}" if "TARGET" not in source else f"{ref}:model")
    assert [rv.name for rv in case.build(None, {}, {}).free_RVs] == model
    assert case.ask("start", {}, {}) == {} and "diagnose" not in vars(sys.modules["faultline"])


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "with pm.Model() as m:\n    x = 1\nwith pm.Model() as m:\n    y = 1",
            "m is made more than once, in lines 2, 4",
        ),
        ("import sys\nsys.exit(1)\nm = pm.Model()", "the file ended itself"),
        ("get_ipython().system('ls')\nm = pm.Model()", "remove that line, which works only in a notebook"),
    ],
)
def test_a_script_that_cannot_be_read_says_why(case_file, source, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        load_case(case_file("import pymc as pm\n" + source, "script.py"))
    assert "\n" not in str(caught.value)


def test_a_model_without_variables_is_a_mistake_unless_its_components_are_off(case_file):
    empty = "import pymc as pm\ndef build({}): return pm.Model()"
    with pytest.raises(InputError, match="the model has no variables; define them inside its with block"):
        load_case(case_file(empty.format(""), "empty.py")).build(None, {}, {})
    assert load_case(case_file(empty.format("on=True"), "off.py")).build(None, {"on": False}, {}) is not None


def test_a_notebook_is_told_what_to_do():
    with pytest.raises(InputError, match=r"is a notebook; call faultline.diagnose\(model\) in it"):
        read_signature("analysis.ipynb")


def test_paths_in_a_file_start_at_its_folder(case_file, tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    ref = case_file("X = open('x.txt').read()\ndef build(): return 1", "reads_x.py")
    monkeypatch.chdir(tmp_path / "project")
    with pytest.raises(InputError, match=f"correct the path, which starts at {tmp_path}, and run again"):
        load_case(f"../{Path(ref).name}", in_its_folder=True)
    monkeypatch.chdir(tmp_path / "project")
    (tmp_path / "x.txt").write_text("5")
    assert load_case(f"../{Path(ref).name}", in_its_folder=True).module.X == "5"
    assert Path.cwd() == tmp_path


def test_a_file_case_can_import_its_neighbours(case_file):
    case_file("LENGTH = 3", "neighbour_of_case.py")
    path = case_file(
        "import pymc as pm\nfrom neighbour_of_case import LENGTH\ndef build(): return pm.Model()",
        "my-user.py",
    )
    assert load_case(path).module.LENGTH == 3
    assert [file.name for file in read_signature(path).sources] == ["my-user.py", "neighbour_of_case.py"]
    sys.modules.pop("neighbour_of_case")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in the current folder, whose model imports its data and its neighbours."""
    folder = tmp_path / "their_package"
    (folder / "parts").mkdir(parents=True)
    (folder / "__init__.py").write_text("from . import parts\n")
    (folder / "parts" / "__init__.py").write_text("from ..data import Y\n")
    (folder / "data.py").write_text(
        "from pathlib import Path\nY = Path(__file__).with_name('y.csv').read_text()\n"
    )
    (folder / "y.csv").write_text("1")
    (folder / "model.py").write_text(
        "from .parts import Y\nimport pymc as pm\ndef build(): return pm.Model()\n"
    )
    monkeypatch.chdir(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("their_package")]:
        del sys.modules[name]


@pytest.mark.parametrize("ref", ["their_package.model", "their_package/model.py"])
def test_a_module_of_a_package_with_relative_imports(package, ref):
    signature = read_signature(ref)
    assert "their_package" not in sys.modules  # read, not run
    names = [str(file.relative_to(package)) for file in signature.sources]
    assert names == ["__init__.py", "data.py", "model.py", "parts/__init__.py"]
    assert load_case(ref).module.Y == "1"


def test_build_may_be_imported_or_renamed(package):
    (package / "cases.py").write_text("from .model import build\n")
    assert read_signature("their_package.cases").sources[0].name == "__init__.py"
    (package / "named.py").write_text("def model(dataset): return 1\nbuild = model\n")
    assert read_signature("their_package.named").takes_dataset


@pytest.mark.parametrize(
    "source, message",
    [
        ("x = 1", r"defines no function build"),
        ("if True:\n    def build(): return 1", r"defines no function build.* at the top level of the file"),
        ("from nowhere import build", r"defines no function build"),
        ("def build(:\n", r"line 1 is not valid Python"),
        ("import broken_beside\ndef build(): return 1", r"broken_beside\.py line 2 is not valid Python"),
        ("build = lambda: 1", r"line 1: build is not a plain function"),
        ("x = 1\nclass build: ...", r"line 2: build is not a plain function"),
        ("def build(dataset, other): return 1", r"the argument other of build has no default"),
        (
            "def build(n=3, *, data): return 1",
            r"the argument data of build has no default; put it first if it is",
        ),
        (
            "import pymc as pm\na = pm.Model()\ndef b(): return pm.Model()",
            r"a and b could each be the model; name one",
        ),
        ("def build(*, needed): return 1", r"the argument needed of build has no default"),
        ("def build(*, degree: Literal[1, 2] = 1): return 1", r"choices of degree must be strings"),
        ("def build(dataset, /): return 1", r"takes dataset by position only; remove the /"),
        ("LATENTS = compute()\ndef build(): return 1", r"LATENTS must be a plain literal"),
    ],
)
def test_mistakes_get_one_sentence(case_file, source, message):
    case_file("x = 1\nx = = 2\n", "broken_beside.py")
    with pytest.raises(InputError, match=message) as caught:
        read_signature(case_file(source))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("LABELS = ['x']", r"LABELS must be of the form \{\"use_x\": \"x\"\}, not \['x'\]"),
        ("LABELS = {'use_x': 3}", r"LABELS must be of the form"),
        ("LABELS = {'use_x': 'x;touch y'}", r"'x;touch y', the label of use_x, becomes part of file names"),
        ("LABELS = {'use_x': '../../..'}", r"the label of use_x, becomes part of file names"),
        ("LABELS = {'use_x': 'x\\n'}", r"the label of use_x, becomes part of file names"),
        (
            f"LABELS = {{'use_x': '{'x' * 81}'}}",
            r"the label of use_x, becomes part of file names; give at most 80",
        ),
        ("LABELS = {'use_x': 'y'}", r"use_x and y have the same label, 'y'"),
        ("LATENTS = ('x',)", r"LATENTS must be of the form"),
        ("LATENTS = {'x': 'x_all'}", r"LATENTS must be of the form"),
        ("LATENTS = {'x': 3}", r"LATENTS must be of the form"),
        ("PRESETS = {'repaired'}", r"PRESETS must be of the form"),
        ("PRESETS = {'repaired': 'positions'}", r"PRESETS must be of the form"),
        ("PRESETS = {'repaired': {'root': 1}}", r"PRESETS must be of the form"),
        ("REFERENCE = 3", r"REFERENCE must be of the form"),
        ("REFERENCE = {'group_1': {'n': 1j}}", r"REFERENCE must be of the form"),
        ("REFERENCE = {'group_1': {'n': 1e999}}", r"REFERENCE must be of the form"),
        (f"REFERENCE = {{'group_1': {{'n': {hex(10**4000)}}}}}", r"REFERENCE must be of the form"),
        ("SELECTED = 'tau'", r"SELECTED must be of the form"),
        ("SELECTED: tuple = (1, 2)", r"SELECTED must be of the form"),
        ("PRESETS = {[]: 1}", r"PRESETS must be a plain literal"),
        ("PRESETS = " + "(" * 150 + ")" * 150, r"PRESETS must be of the form"),
        ("SELECTED = " + "-" * 3000 + "1", r"SELECTED must be a plain literal|cannot be parsed"),
        ("x = " + "(" * 5000 + ")" * 5000, r"is not valid Python|cannot be parsed"),
        ("x = '\0'", r"is not valid Python"),
        ("x = " + "9" * 5000, r"is not valid Python"),
    ],
)
def test_a_hook_literal_of_another_type(case_file, line, message):
    with pytest.raises(InputError, match=message) as caught:
        read_signature(case_file(f"{line}\ndef build(use_x=True, y=False): return 1"))
    assert len(str(caught.value)) <= LONGEST and str(caught.value).isprintable()


@pytest.mark.parametrize(
    "annotation",
    [
        '\'Literal["a", "non centered"]\'',
        "Optional[Literal['a', 'non centered']]",
        "Union[Literal['a'], Literal['non centered']]",
        "Literal['a'] | Literal['non centered']",
        "typing.Literal['a', 'non centered']",
        "Annotated[Literal['a', 'non centered'], 'how']",
        "Literal[Literal['a'], 'non centered']",
        "Form",
        "'Form | None'",
        "L['a', 'non centered']",
    ],
)
def test_a_variant_is_known_however_its_type_is_written(case_file, annotation):
    source = (
        "from typing import Literal as L\nForm = Literal['a', 'non centered']\nLoop = 'Loop'\n"
        f"def build(*, form: {annotation} = 'a', other: Loop = 'a', free: Literal['a'] | str = 'b'): return form"
    )
    variants = read_signature(case_file(source)).variants
    assert list(variants) == ["form"] and variants["form"].default == "a"
    assert [choice for choice in variants["form"].choices if choice != "none"] == ["a", "non centered"]


def test_a_variant_that_may_be_none(case_file):
    import pymc

    source = (
        "import pymc as pm\nfrom typing import Literal\n"
        "def build(*, form: Literal['a'] | None = None):\n"
        "    with pm.Model() as model:\n        pm.Normal('plain' if form is None else form)\n    return model"
    )
    case = load_case(case_file(source, "may_be_none.py"))
    assert case.signature.variants["form"].choices == ("a", "none")
    for chosen, name in (({}, "plain"), ({"form": "none"}, "plain"), ({"form": "a"}, "a")):
        model = case.build(None, {}, case.signature.choose_variants(chosen))
        assert isinstance(model, pymc.Model) and [rv.name for rv in model.free_RVs] == [name]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "form: Literal['a', 'b'] = 'c'",
            r"the default of form is 'c', which is not one of its choices \(a, b\)",
        ),
        ("form: Literal['a', 'b'] = None", r"the default of form is None, which is not one of its choices"),
        (
            "form: Literal['a'] = " + "1+" * 900 + "1",
            r"the default of form is (an expression|1 \+ 1.*), which is not one of its choices",
        ),
        ("form: Literal['a', 'b'] = FORM", r"the default of form is FORM, which is not one of its choices"),
        ("form: Literal['$(touch x)', 'b'] = 'b'", r"a choice of form, cannot be used in a command"),
        ("form: Literal['a\\n', 'b'] = 'b'", r"a choice of form, cannot be used in a command"),
        ("form: Literal['', 'b'] = 'b'", r"a choice of form, cannot be used in a command"),
        ("form: Literal['none', None] = None", r"allows both None and 'none'"),
        ("form: Literal[Kind.a, 'b'] = 'b'", r"the choices of form must be strings"),
    ],
)
def test_a_variant_that_cannot_be_chosen(case_file, argument, message):
    with pytest.raises(InputError, match=message):
        read_signature(case_file(f"def build(*, {argument}): return 1"))


def test_a_build_that_leads_back_to_itself(case_file):
    with pytest.raises(InputError, match="build refers back to itself"):
        read_signature(case_file("build = b2\nb2 = build"))
    case_file("from goes_round import build", "comes_back.py")
    with pytest.raises(InputError, match="build refers back to itself"):
        read_signature(case_file("from comes_back import build", "goes_round.py"))


def test_a_name_that_is_no_function_is_no_hook(case_file):
    case = load_case(case_file("import time\nstart = time.time()\ndef build(): return 1", "timed.py"))
    assert case.hook("start") is None and case.ask("start", {}, {}) == {}


def test_a_hook_that_returns_something_else(case_file):
    case = load_case(case_file("def start(c, v): return 'adapt_diag'\ndef build(): return 1", "starts.py"))
    with pytest.raises(InputError, match="start of case .* returned str; it must return a mapping"):
        case.ask("start", {}, {})
    with pytest.raises(InputError, match="start of case .* cannot be called: too many positional arguments"):
        case.ask("start", 1, 2, 3)
    case.module.recovery = lambda: {"share": object()}
    with pytest.raises(InputError, match="recovery of case .* returned values that a record cannot hold"):
        case.figures("recovery")
    case.module.RECOVERED = 3
    with pytest.raises(InputError, match="RECOVERED must be a list of names, not 3"):
        assert case.recovered


def test_a_build_whose_arguments_are_hidden(case_file):
    source = "def hiding(f): return lambda: f()\n@hiding\ndef build(*, use_x=True): return 1"
    case = load_case(case_file(source, "hides.py"))
    with pytest.raises(
        InputError, match="build of case .* cannot be called: got an unexpected keyword argument 'use_x'"
    ):
        case.build(None, {"use_x": True}, {})


@pytest.mark.parametrize(
    "ref", ["__main__", "", "a" * 5000, "x\0.py", "n" * 300 + ".py", "a..b", ".py", "/", "sys", "..x"]
)
def test_a_case_that_names_nothing(ref):
    with pytest.raises(InputError) as caught:
        read_signature(ref)
    assert len(str(caught.value)) <= LONGEST and str(caught.value).isprintable()


@pytest.mark.parametrize(
    "line, message",
    [
        ("import no_such_library", r"their_model\.py line 1: ModuleNotFoundError: No module named"),
        ("x = undefined_name", r"their_model\.py line 1: NameError: "),
        ("open('/no/such/file')", r"their_model\.py line 1: FileNotFoundError: "),
    ],
)
def test_what_the_file_raises_when_imported_is_one_sentence(case_file, line, message):
    with pytest.raises(InputError, match=message) as caught:
        load_case(case_file(f"{line}\ndef build(): return 1"))
    assert "\n" not in str(caught.value)


def test_unknown_cases(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_signature(str(tmp_path / "missing.py"))
    with pytest.raises(InputError, match="neither a bundled case"):
        read_signature("no.such.module")


def test_build_must_return_a_model(case_file):
    case = load_case(case_file("def build(): return 3", "three.py"))
    with pytest.raises(InputError, match="returned int: it must return a pm.Model; end it with"):
        case.build(None, {}, {})


def test_without_a_dataset_build_uses_its_default(case_file):
    source = (
        "import pymc as pm\ndef build(dataset=4):\n    with pm.Model(coords={'i': range(dataset)}) as model:\n"
        "        pm.Normal('x')\n    return model"
    )
    case = load_case(case_file(source, "default_data.py"))
    assert case.load_dataset(None) is None
    assert len(case.build(None, {}, {}).coords["i"]) == 4


def test_an_archive_of_several_arrays(case_file, tmp_path):
    case = load_case(case_file("def build(dataset): return None", "arrays.py"))
    np.savez(tmp_path / "data.npz", a=[1.0, 2.0], b=3)
    dataset = case.load_dataset(tmp_path / "data.npz")
    assert list(dataset) == ["a", "b"] and dataset["a"].shape == (2,)


def test_files_that_are_no_archive_of_plain_arrays(case_file, tmp_path):
    case = load_case(case_file("def build(dataset): return None", "no_arrays.py"))
    path = tmp_path / "data.npz"
    for write in (
        lambda: path.write_text("no archive"),
        lambda: path.write_bytes(b"PK\x03\x04 cut short"),
        lambda: np.save(path.open("wb"), np.zeros(2)),
        lambda: np.savez(path, y=np.array([{}, None])),
    ):
        write()
        with pytest.raises(InputError, match=r"data\.npz(: 'y' holds Python objects|.*numpy\.savez\.$)"):
            case.load_dataset(path)


def test_a_load_dataset_that_cannot_read_the_file(case_file):
    source = "def load_dataset(path, max_T, max_K):\n    return {}['y']\ndef build(dataset): return 1"
    case = load_case(case_file(source, "reads.py"))
    with pytest.raises(
        InputError, match=r"cannot read x.csv: reads.py line 2, in load_dataset: KeyError: 'y'"
    ):
        case.load_dataset("x.csv")


def test_fingerprint_follows_the_content(case_file):
    before = read_signature(case_file(SOURCE)).fingerprint()
    assert read_signature(case_file(SOURCE)).fingerprint() == before
    assert read_signature(case_file(SOURCE + "\n# changed")).fingerprint() != before


def test_what_stands_beside_a_case_under_a_library_s_name_is_not_its_source(case_file):
    for name in ("random", "numpy", "beside_a_case"):
        case_file("x = 1", f"{name}.py")
    source = "import random, numpy.linalg, beside_a_case\nfrom random import random\ndef build(): return 1"
    assert [file.name for file in read_signature(case_file(source)).sources] == [
        "beside_a_case.py",
        "their_model.py",
    ]


def test_a_package_that_is_called_like_a_library(tmp_path):
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "__init__.py").touch()
    (tmp_path / "json" / "model.py").write_text("def build(): return 1")
    assert read_signature(str(tmp_path / "json" / "model.py")).takes_dataset is False
    with pytest.raises(InputError, match=r"case .*model\.py (cannot be imported|.* rename the package)"):
        load_case(str(tmp_path / "json" / "model.py"))
