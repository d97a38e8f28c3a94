"""The configuration: defaults, schema and config.yaml agree, and every mistake is one sentence."""

import dataclasses
import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

import jsonschema
import numpy as np
import pytest
import yaml

from faultline.core.errors import LONGEST, InputError
from faultline.plan import config
from faultline.targets import bundled
from faultline.targets.case import Signature, read_signature

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "src" / "faultline" / "core" / "schemas" / "config.schema.json"


def test_the_committed_schema_is_the_one_of_the_dataclasses():
    stale = f"run: python -m faultline.plan.config > {SCHEMA.relative_to(ROOT)}"
    assert json.loads(SCHEMA.read_text()) == config.schema(), stale


def test_config_yaml_states_every_key_with_its_default():
    given = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert given == dataclasses.asdict(config.Config())


def test_every_key_of_config_yaml_is_explained_above_it():
    lines = (ROOT / "config.yaml").read_text().splitlines()
    explained = False
    for line in lines:
        if not line.strip():
            explained = False
        elif line.lstrip().startswith("#"):
            explained = True
        else:
            assert explained or line.endswith(":"), f"no comment explains {line!r}"


def test_every_key_has_a_description():
    def walk(rule, where):
        for key, inner in rule.get("properties", {}).items():
            assert inner.get("description", "").endswith("."), f"{where}{key}"
            assert inner.get("additionalProperties") is not True
            walk(inner, f"{where}{key}.")

    walk(config.schema(), "")


def test_an_empty_configuration_is_the_defaults():
    assert config.load({}) == config.Config()
    assert config.load({"components": None, "sampler": None}) == config.Config()
    assert config.load({"groups": {"sizes": None}}) == config.Config()


def test_a_block_keeps_the_defaults_of_the_keys_not_given():
    loaded = config.load({"sampler": {"draws": 20}, "variants": "repaired"})
    assert loaded.sampler == dataclasses.replace(config.Sampler(), draws=20)
    assert loaded.variants == "repaired"


def test_text_from_the_command_line_means_what_yaml_would_mean():
    loaded = config.load(
        {
            "run_id": 20251219,
            "overwrite": "True",
            "components": {"use_mixture": "false"},
            "groups": {"max_T": "null", "max_K": "4", "sizes": ["80", "200"]},
            "sampler": {"draws": "20", "target_accept": "0.9"},
        }
    )
    assert (loaded.run_id, loaded.overwrite, loaded.components) == ("20251219", True, {"use_mixture": False})
    assert (loaded.groups.max_T, loaded.groups.max_K, loaded.groups.sizes) == (None, 4, [80, 200])
    assert (loaded.sampler.draws, loaded.sampler.target_accept) == (20, 0.9)


def test_a_date_that_yaml_read_is_a_run_id_again():
    assert config.load({"run_id": datetime(2025, 12, 19, 21)}).run_id == "2025-12-19T21-00-00"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"sampler": {"drawz": 1}}, "unknown key 'drawz' in sampler; did you mean 'draws'?"),
        ({"zzz": 1}, "unknown key 'zzz'; the keys are case, dataset, "),
        ({"sampler": {"draws": "many"}}, "sampler.draws must be a whole number, not 'many'."),
        ({"sampler": {"draws": 0}}, "sampler.draws must be at least 4, not 0."),
        ({"sampler": {"draws": 10.5}}, "sampler.draws must be a whole number, not 10.5."),
        ({"sampler": {"target_accept": 1}}, "sampler.target_accept must be less than 1, not 1."),
        ({"sampler": {"target_accept": "nan"}}, "sampler.target_accept must be more than 0, not nan."),
        (
            {"sampler": {"nuts": "stan"}},
            "sampler.nuts must be one of blackjax, numpyro, nutpie, pymc, not 'stan'.",
        ),
        ({"sampler": 3}, "sampler must be a mapping, not 3."),
        ({"seed": True}, "seed must be a whole number, not True."),
        ({"seed": None}, "seed must be a whole number, not None."),
        ({"case": ""}, "case must not be empty."),
        ({"components": {"a": "maybe"}}, "components.a must be true or false, not 'maybe'."),
        ({"variants": ["a"]}, "variants must be text or a mapping, not ['a']."),
        ({"suite": "../elsewhere"}, "suite must be one name of letters, digits"),
        ({"suite": "tests/pipeline/fits"}, "suite must be one name of letters, digits"),
        ({"suite": "datasets"}, "suite cannot be 'datasets'"),
        ({"run_id": "a b"}, "run_id must be one name of letters, digits"),
        ({"groups": {"sizes": 80}}, "groups.sizes must be a list, not 80."),
        ({"groups": {"sizes": [80, "many"]}}, "groups.sizes[1] must be a whole number, not 'many'."),
        ({"groups": {"sizes": [80.5]}}, "groups.sizes[0] must be a whole number, not 80.5."),
        ({"groups": {"sizes": [-80]}}, "groups.sizes[0] must be at least 2, not -80."),
        (
            {"groups": {"sizes": [200, 80, 80]}},
            "groups.sizes must be increasing, not [200, 80, 80]; write [80, 200].",
        ),
    ],
)
def test_a_mistake_is_one_sentence(raw, sentence):
    with pytest.raises(InputError) as mistake:
        config.load(raw)
    assert str(mistake.value).startswith(f"config: {sentence}")
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"variants": "repaired", "run_id": None},
        {"sampler": {"drawz": 1}},
        {"sampler": {"draws": 0}},
        {"sampler": {"target_accept": 1}},
        {"seed": True},
        {"seed": 2**32},
        {"suite": "a/b"},
        {"groups": {"max_T": None, "freeze": {"source": "truth"}}},
        {"groups": {"max_T": 1}},
        {"groups": {"sizes": [80, 200]}},
        {"groups": {"sizes": [1]}},
        {"groups": {"sizes": {"a": 1}}},
        {"components": {"use_mixture": 1}},
        {"case": ""},
    ],
)
def test_loading_and_the_schema_agree_on_what_is_allowed(raw):
    allowed = jsonschema.Draft202012Validator(config.schema()).is_valid(raw)
    if allowed:
        config.load(raw)
    else:
        with pytest.raises(InputError):
            config.load(raw)


OWN, READS, OPTIONAL = (
    Signature("mine.py", Path("mine.py"), "dataset", {}, {}, loads=loads, needs_dataset=needs)
    for loads, needs in ((False, True), (True, True), (False, False))
)
GIMBAL, BARE = read_signature("gimbal"), Signature("bare.py", Path("bare.py"), None, {}, {})


def test_a_bundled_dataset_has_its_place_before_it_exists():
    assert config.Config().dataset_of(GIMBAL) == "tests/diagnostics/datasets/v0.2.1_L00_minimal.npz"


def test_the_default_dataset_is_not_for_a_model_of_one_s_own():
    assert config.Config().dataset_of(BARE) is None
    assert config.Config().dataset_of(OPTIONAL) is None
    assert config.Config(dataset=None).dataset_of(OPTIONAL) is None
    with pytest.raises(InputError, match=r"mine.py needs a dataset: give dataset=path/to/data\.csv"):
        config.Config().dataset_of(OWN)


def test_a_bundled_case_reads_its_own_data(monkeypatch):
    other = ModuleType("faultline.cases.other")
    other.DATASETS = ("small", "large")
    bare = ModuleType("faultline.cases.bare")
    bare.DATASETS = ()
    for package in (other, bare):
        monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setattr(bundled, "CASES", ("gimbal", "other", "bare"))
    others, bares = (
        Signature(name, Path("model.py"), "dataset", {}, {}, loads=True) for name in ("other", "bare")
    )
    assert config.Config().dataset_of(others) == "tests/diagnostics/datasets/small.npz"
    assert config.Config(dataset="large").dataset_of(others) == "tests/diagnostics/datasets/large.npz"
    assert config.Config(dataset="large").dataset_of(READS) == "tests/diagnostics/datasets/large.npz"
    with pytest.raises(InputError, match=r"'large' for case gimbal; give one of v0\.2\.1_L00_minimal, "):
        config.Config(dataset="large").dataset_of(GIMBAL)
    with pytest.raises(InputError, match=r"L01_noise' for case other; give one of small, large, or the path"):
        config.Config(dataset="v0.2.1_L01_noise").dataset_of(others)
    with pytest.raises(InputError, match="case bare needs a dataset"):
        config.Config().dataset_of(bares)


def test_a_dataset_by_path_is_used_in_place(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, y=[1.0])
    for case in (GIMBAL, OWN, READS, OPTIONAL):
        assert config.Config(dataset=str(path)).dataset_of(case) == str(path)


def test_only_a_case_that_loads_its_data_reads_files_of_any_kind(tmp_path):
    kinds = {"mine.xlsx": "of a kind that Faultline does not read", "renamed.npz": r"is not an \.npz file"}
    for name, sentence in kinds.items():
        path = tmp_path / name
        path.write_text("1,2")
        assert config.Config(dataset=str(path)).dataset_of(READS) == str(path)
        with pytest.raises(InputError, match=sentence):
            config.Config(dataset=str(path)).dataset_of(OWN)
        with pytest.raises(InputError, match=r"is not an \.npz file; write one with numpy\.savez"):
            config.Config(dataset=str(path)).dataset_of(GIMBAL)
    (tmp_path / "table.csv").write_text("1,2")
    assert config.Config(dataset=str(tmp_path / "table.csv")).dataset_of(OWN)


@pytest.mark.parametrize("name", ["v0.2.1_L09", "missing.npz", "."])
def test_an_unknown_dataset_names_the_choices(name):
    with pytest.raises(
        InputError, match=r"no dataset .*v0\.2\.1_L00_minimal, .* or the path of an \.npz file\."
    ):
        config.Config(dataset=name).dataset_of(GIMBAL)
    with pytest.raises(InputError, match=r"no dataset .*; give the path of a file\."):
        config.Config(dataset=name).dataset_of(OWN)


def test_broken_yaml_names_the_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("case: gimbal\nseed: [1\n")
    with pytest.raises(InputError, match=r"config\.yaml line \d+ is not valid YAML"):
        config.read_file(path)
    path.write_text("- a list\n")
    with pytest.raises(InputError, match="must be a mapping"):
        config.read_file(path)
    path.write_text("# nothing but a comment")
    assert config.read_file(path) == config.read_file(tmp_path / "absent.yaml") == {}


def test_no_code_runs_from_the_file(tmp_path):
    """Snakemake's own `configfile:` would run it."""
    path = tmp_path / "config.yaml"
    path.write_text(f"__use_yte__: true\n?open({str(tmp_path / 'ran')!r}, 'w'):\n  seed: 1\n")
    with pytest.raises(InputError, match="unknown key '__use_yte__'"):
        config.load(config.read_file(path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("run_id: 2025-02-30", "line 1 holds a value that YAML cannot read ('2025-02-30')"),
        ("seed: !!int zz", "line 1 holds a value that YAML cannot read ('zz')"),
        ("seed: " + "9" * 5000, "line 1 holds a value that YAML cannot read"),
        ("components: " + "{a: " * 3000, "is not valid YAML"),
        ("seed: 1\nseed: 2", "line 2 repeats the key 'seed' (first on line 1)"),
        ("run_id: 12:30:45", "run_id: YAML reads '12:30:45' as 45045; put it in quotes."),
        ("run_id: 1.10", "run_id: YAML reads '1.10' as 1.1; put it in quotes."),
        ("suite: 007", "suite: YAML reads '007' as 7; put it in quotes."),
        ("suite: 1_000", "suite: YAML reads '1_000' as 1000; put it in quotes."),
        ("variants: {scale: 1:30}", "variants.scale: YAML reads '1:30' as 90; put it in quotes."),
        ("run_id: 2025-12-19 21:00:00 +2", "run_id: YAML reads "),
    ],
)
def test_what_yaml_reads_otherwise_than_written(tmp_path, line, sentence):
    path = tmp_path / "config.yaml"
    path.write_text(line)
    with pytest.raises(InputError) as mistake:
        config.read_file(path)
    assert sentence in str(mistake.value) and len(str(mistake.value)) <= LONGEST
    path.write_bytes(b"suite: caf\xe9")
    with pytest.raises(
        InputError, match=r"config\.yaml is not valid YAML \(it is not UTF-8 text at byte 10\)"
    ):
        config.read_file(path)


@pytest.mark.parametrize(
    ("written", "run_id"),
    [
        ("2025-12-19", "2025-12-19"),
        ("20251219", "20251219"),
        ("2025-12-19 21:00:00", "2025-12-19T21-00-00"),
        ("'007'", "007"),
    ],
)
def test_what_yaml_reads_and_means_what_is_written(tmp_path, written, run_id):
    path = tmp_path / "config.yaml"
    path.write_text(f"run_id: {written}\n")
    config.read_file(path)
    assert config.load(yaml.safe_load(path.read_text())).run_id == run_id


@pytest.mark.parametrize("key", ["suite", "run_id"])
@pytest.mark.parametrize("name", ["one\n", "two\nlines", "a b", "-x", ".x", "$(x)", "ü", "x" * 81, "\0"])
def test_a_name_is_matched_from_its_first_to_its_last_character(key, name):
    """A newline at its end split the command of a job, which then measured the default model."""
    with pytest.raises(InputError, match=f"config: {key} (must be one name|has 81 characters)"):
        config.load({key: name})


@pytest.mark.parametrize("key", ["case", "dataset"])
@pytest.mark.parametrize("path", ["a{x}.py", "a\n.py", "a\0.py"])
def test_a_path_that_snakemake_would_read_otherwise(key, path):
    with pytest.raises(
        InputError, match=f"config: {key} must be a path without braces or control characters"
    ):
        config.load({key: path})


NESTED = [1]
for _ in range(60):
    NESTED = [NESTED] * 9


HUGE = {
    "nested aliases": NESTED,
    "digits": 10**6000,
    "text": "x" * 10**6,
    "digits as a key": {10**6000: 1},
    "a long key": {"x" * 10**5: "y"},
    "no number": float("nan"),
    "bytes": b"x",
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("key", ["seed", "suite", "dataset", "components", "variants", "groups", "sampler"])
def test_a_value_of_any_size_is_told_in_one_sentence(key, kind):
    with pytest.raises(InputError) as mistake:
        settings = config.load({key: HUGE[kind]})
        settings.dataset_of(GIMBAL)
        GIMBAL.choose_variants(settings.variants)
    assert len(str(mistake.value)) <= LONGEST and str(mistake.value).isprintable()


def test_importing_the_configuration_is_light():
    heavy = "{'pymc', 'pytensor', 'arviz', 'matplotlib', 'pandas', 'numpy', 'scipy', 'jax'}"
    code = f"import sys, faultline.plan.config, faultline.targets.case, faultline.plan.ladder; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


@pytest.mark.parametrize(
    ("words", "read", "sentence"),
    [
        (["--config", "suite=007"], {"suite": 7}, "suite: Snakemake reads '007' as 7"),
        (
            ["-j1", "--config", "seed=1", "run_id=2025_12_19"],
            {"seed": 1, "run_id": 20251219},
            "run_id: Snakemake reads",
        ),
        (["--config", "seed=0123"], {"seed": 123}, "seed: Snakemake reads '0123' as 123; write 123"),
    ],
)
def test_what_snakemake_reads_otherwise_than_written(words, read, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        config.check_words(words, read)


def test_what_snakemake_reads_and_means_what_is_written():
    config.check_words(
        ["--config", "suite=7", "seed=123", "again=true", "-n", "suite=007"],
        {"suite": 7, "seed": 123, "again": True},
    )


@pytest.mark.parametrize(
    ("line", "meant"), [("seed: 0123", 83), ("seed: 1:30", 90), ("limits: {total: 1:30.5}", 90.5)]
)
def test_numbers_that_yaml_reads_otherwise_than_people(tmp_path, line, meant):
    path = tmp_path / "config.yaml"
    path.write_text(line)
    with pytest.raises(InputError, match=f"as {meant}; write {meant} if you mean that"):
        config.read_file(path)


def test_a_key_of_a_section_is_found():
    with pytest.raises(InputError, match=r"unknown key 'draws'; did you mean 'sampler\.draws'\?"):
        config.load({"draws": 500})
