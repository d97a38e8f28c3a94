"""A case is read from its source, and mistakes in it get one sentence."""

import sys
import textwrap

import pytest

from faultline.case import load_case, read_signature
from faultline.errors import InputError

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


def test_a_file_case_can_import_its_neighbours(case_file):
    case_file("LENGTH = 3", "neighbour_of_case.py")
    path = case_file(
        "import pymc as pm\nfrom neighbour_of_case import LENGTH\ndef build(): return pm.Model()", "user.py"
    )
    assert load_case(path).module.LENGTH == 3
    sys.modules.pop("neighbour_of_case")


@pytest.mark.parametrize(
    "source, message",
    [
        ("x = 1", r"defines no function build"),
        ("def build(:\n", r"line 1 is not valid Python"),
        ("def build(dataset, other): ...", r"build takes dataset, other"),
        ("def build(data): ...", r"one positional argument, dataset"),
        ("def build(*, needed): ...", r"build needs needed, which has no default"),
        ("LATENTS = compute()\ndef build(): ...", r"LATENTS must be a plain literal"),
    ],
)
def test_mistakes_get_one_sentence(case_file, source, message):
    with pytest.raises(InputError, match=message) as caught:
        read_signature(case_file(source))
    assert "\n" not in str(caught.value)


def test_unknown_cases(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_signature(str(tmp_path / "missing.py"))
    with pytest.raises(InputError, match="none of the bundled cases"):
        read_signature("no.such.module")


def test_build_must_return_a_model(case_file):
    case = load_case(case_file("def build(): return 3", "three.py"))
    with pytest.raises(InputError, match="returned int: it must return a pm.Model"):
        case.build(None, {}, {})


def test_a_dataset_that_the_model_needs_must_be_given(case_file):
    case = load_case(case_file("def build(dataset): return None", "needs_data.py"))
    with pytest.raises(InputError, match="needs a dataset"):
        case.load_dataset(None)


def test_fingerprint_follows_the_content(case_file):
    before = read_signature(case_file(SOURCE)).fingerprint()
    assert read_signature(case_file(SOURCE)).fingerprint() == before
    assert read_signature(case_file(SOURCE + "\n# changed")).fingerprint() != before
