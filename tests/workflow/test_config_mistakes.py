"""A mistake in the configuration ends Snakemake before anything runs: exit code 1, one sentence, no traceback."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["dataset=v0.2.1_L09", "case=gimbal"],
            "config: there is no dataset 'v0.2.1_L09' for case gimbal; give one of v0.2.1_L00_minimal,",
        ),
        (["sampler={drawz: 3}"], "config: unknown key 'drawz' in sampler; did you mean 'draws'?"),
        (["suite=../../pipeline/fits"], "config: suite must be one name of letters, digits"),
        (["case=nowhere.py"], "case nowhere.py: there is no such file;"),
        (["variants=mended"], "case model.py has no preset of variants 'mended'; it has repaired:"),
        (
            ["components={use_tilt: true}"],
            "case model.py has no component 'use_tilt'; it has use_slope, use_curve.",
        ),
        (["groups={sizes: [200, 80]}"], "config: groups.sizes must be increasing, not [200, 80];"),
        (["groups={sizes: [80]}"], "case model.py takes no dataset, so its data cannot be cut to the sizes"),
    ],
)
def test_a_mistake_is_one_sentence(fresh, settings, sentence):
    done = fresh.snakemake("-n", "--config", *settings, fails=True)
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(sentence)
    assert sum(line.startswith(("config:", "case ")) for line in done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x = 1", "{case}: {path} defines no function build(...)"),
        ("def build(:", "{case}: {path} line 1 is not valid Python ("),
        ("import beside\ndef build(): return 1", "{case}: {folder}/beside.py line 2 is not valid Python ("),
        ("build = lambda: 1", "{case}: {path} line 1: build is not a plain function,"),
        ("def build(*, needed): return 1", "{case}: the argument needed of build has no default;"),
        ("def build(dataset): return 1", "{case} needs a dataset: give dataset=path/to/data.csv."),
    ],
)
def test_a_mistake_in_the_users_file_is_said_before_anything_runs(fresh, tmp_path, source, sentence):
    path = tmp_path / "my-model.py"
    path.write_text(source)
    (tmp_path / "beside.py").write_text("x = 1\nx = = 2")
    done = fresh.snakemake("-n", "--config", f"case={path}", "dataset=v0.2.1_L00_minimal", fails=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(sentence.format(case=f"case {path}", path=path, folder=tmp_path))
    assert "Traceback" not in done.stderr


def test_a_dataset_that_is_no_archive_is_said_before_anything_runs(fresh, tmp_path):
    (tmp_path / "my_model.py").write_text("def build(dataset): return 1")
    (tmp_path / "data.npz").write_text("1,2")
    settings = [f"case={tmp_path}/my_model.py", f"dataset={tmp_path}/data.npz"]
    done = fresh.snakemake("-n", "--config", *settings, fails=True)
    assert "is not an .npz file; write one with numpy.savez" in done.stderr.strip().splitlines()[-1]


def test_a_mistake_that_only_running_shows_loses_nothing(project):
    """A library that is missing: one sentence per group, exit code 1, and the results of before."""
    results = {path: path.read_bytes() for path in (project.suite / "results").glob("*.json")}
    project.edit("model.py", "\nimport no_such_library\n")
    done = project.snakemake("group_1", fails=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert "ModuleNotFoundError: No module named 'no_such_library'; install what is missing with " in said[0]
    assert "Traceback" not in done.stdout + done.stderr
    kept = {path: path.read_bytes() for path in (project.suite / "results").glob("results_*.json")}
    assert kept == {path: content for path, content in results.items() if path in kept} and kept


def test_broken_yaml_names_the_line(fresh, tmp_path):
    broken = fresh.copy(tmp_path / "broken")
    broken.edit("config.yaml", "sampler: [1\n")
    done = broken.snakemake("-n", fails=True)
    assert "config.yaml line" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_given_on_the_command_line_is_read_like_config_yaml(fresh, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("suite: of_mine\n")
    assert "tests/diagnostics/of_mine/" in fresh.snakemake("-n", "--configfile", str(path)).stdout
    for text, sentence in (
        ("suite: 007\n", "config: suite: YAML reads '007' as 7; put it in quotes."),
        ("seed: 1\nseed: 2\n", "mine.yaml line 2 repeats the key 'seed' (first on line 1)"),
    ):
        path.write_text(text)
        done = fresh.snakemake("-n", "--configfile", str(path), fails=True)
        assert done.stderr.strip().splitlines()[-1].startswith(sentence)
        assert "Traceback" not in done.stderr


def test_a_size_ladder_without_sizes_is_one_sentence_and_no_other_target_s(fresh):
    done = fresh.snakemake("-n", "size_ladder", fails=True)
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith("config: groups.sizes is empty; give numbers of frames")
    )
    assert "Traceback" not in done.stderr
