"""A mistake in the configuration ends Snakemake before anything runs: exit code 1, one sentence, no traceback."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["dataset=v0.2.1_L09", "case=gimbal"],
            "config: there is no dataset 'v0.2.1_L09'; give one of v0.2.1_L00_minimal,",
        ),
        (["sampler={drawz: 3}"], "config: unknown key 'drawz' in sampler; did you mean 'draws'?"),
        (["suite=../../pipeline/fits"], "config: suite must be one name of letters, digits"),
        (["case=nowhere.py"], "case nowhere.py: there is no such file;"),
        (["variants=mended"], "case model.py has no preset of variants 'mended'; it has repaired:"),
        (
            ["components={use_tilt: true}"],
            "case model.py has no component 'use_tilt'; it has use_slope, use_curve.",
        ),
        (["groups={sizes: [200, 80]}"], "config: groups.sizes must increase, which [200, 80] does not;"),
        (["groups={sizes: [80]}"], "case model.py takes no dataset, so its data cannot be cut to the sizes"),
    ],
)
def test_a_mistake_is_one_sentence(fresh, settings, sentence):
    done = fresh.snakemake("-n", "--config", *settings, fails=True)
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(sentence)
    assert sum(line.startswith(("config:", "case ")) for line in done.stderr.splitlines()) == 1


def test_broken_yaml_names_the_line(fresh, tmp_path):
    broken = fresh.copy(tmp_path / "broken")
    broken.edit("config.yaml", "sampler: [1\n")
    done = broken.snakemake("-n", fails=True)
    assert "config.yaml line" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_size_ladder_without_sizes_is_one_sentence_and_no_other_target_s(fresh):
    done = fresh.snakemake("-n", "size_ladder", fails=True)
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith("config: groups.sizes is empty; give numbers of frames")
    )
    assert "Traceback" not in done.stderr
