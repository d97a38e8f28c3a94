"""The report commands of ``ptycho``: the authors' names and options, and what the files hold."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from faultline.cases.ptycho import inspection, model, pictures, reports, running
from faultline.cases.ptycho.__main__ import main

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture
def report(tmp_path):
    """Runs a command, and returns what it wrote, by the file's name; files of a report stand in JSON and as a table."""

    def run(*words):
        done = CliRunner().invoke(main, [*words, "--out", str(tmp_path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        found = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
        assert all((tmp_path / f"{name}.md").read_text().startswith("# ") for name in found)
        return found

    return run


def test_grouping_says_what_was_asked_for_and_what_there_is(report):
    found = report("grouping_summary", "--scenario", "gs2_custom")["grouping_comparison_gs2_custom"]
    assert (found["groups_requested"], found["groups_achieved"]) == (16, 16)
    assert found["shapes"] == {
        "nn_indices": [2, 16, 4],
        "coords_offsets": [2, 16, 1, 2, 1],
        "coords_relative": [2, 16, 1, 2, 4],
    }
    assert set(found["coords_offsets"]["x"]) == {"min", "max", "mean", "std"}
    assert found["nn_indices"] == {"min": 0, "max": 15} and len(found["coords_range"]["xcoords"]) == 2


@pytest.mark.parametrize(
    "words, signature",
    [
        (("--scenario", "dose_legacy"), "Dataset has only 2 points but 4 coordinates per group requested."),
        (("--scenario", "gs2_custom", "--neighbor-count", "1"), "neighbor_count is only 1"),
        (("--scenario", "gs1_custom", "--gridsize", "2", "--total-images", "4"), "only 2 points"),
    ],
)
def test_grouping_that_fails_is_reported_as_it_fails(report, words, signature):
    [found] = report("grouping_summary", *words).values()
    assert signature in found["error"]


@pytest.mark.parametrize("scenario", ["gs1_custom", "gs1_ideal", "gs2_custom", "gs2_ideal"])
def test_the_two_probes_are_measured_and_their_verdict_follows_from_the_largest_difference(report, scenario):
    found = report("probe_normalization_report", "--scenario", scenario)[f"probe_stats_{scenario}"]
    assert (
        set(found["make_probe"])
        == {"amplitude_min", "amplitude_max", "amplitude_mean", "l2_norm"}
        == set(found["ratio_delta"])
    )
    limit = 1e-5 * found["set_default_probe"]["amplitude_max"]
    assert found["same_but_for_rounding"] == (found["max_abs_delta"] <= limit)


def test_the_canvas_is_reported_for_each_half(report):
    found = report("reassembly_limits_report", "--scenario", "gs2_ideal", "--group-limit", "8")
    assert set(found) == {"gs2_ideal_train_reassembly", "gs2_ideal_test_reassembly"}
    for each in found.values():
        assert each["groups"] == 8 and each["padded_size"] == 19
        assert each["required_size"] == 16 + 2 * max(each["max_offset"].values())
        assert each["fits_canvas"] is False and 0 < each["sum_ratio"] < 1 > each["from_origin"]["sum_ratio"]


def test_a_scenario_is_run_from_end_to_end_and_everything_stands_in_one_folder(report, tmp_path):
    found = report(
        "run_phase_c2_scenario", "--preset", "repaired", "--prediction-scale", "least_squares", "--seed", "43"
    )
    assert set(found) == {
        "bias_summary", "comparison_metrics", "history_summary", "intensity_scaler", "intensity_stats", "reassembly", "run_metadata",
    }  # fmt: skip
    metadata = found["run_metadata"]
    assert metadata["prediction_scale"]["mode"] == "least_squares"
    assert metadata["prediction_scale"]["value"] == pytest.approx(1, abs=0.01)
    assert metadata["nan_count"] == 0 and metadata["fits_canvas"] and metadata["profile"]["images"] == 64
    assert found["history_summary"]["first_nan_epoch"] is None
    assert set(found["comparison_metrics"]["train"]) >= {"mae", "rmse", "max", "pearson"}
    stats = found["intensity_stats"]
    assert stats["normalized"] == pytest.approx(64, rel=0.01)  # (N / 2)^2
    assert np.load(tmp_path / "amplitude.npy").shape == np.load(tmp_path / "phase.npy").shape == (2, 40, 40)
    assert "highest at a shift of (0, 0) pixels" in (tmp_path / "inspection.md").read_text()
    assert all((tmp_path / name).stat().st_size > 5000 for name in ("comparison.png", "scan.png"))


def test_where_nan_comes_from_is_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(
        reports, "NAN_CHANGES", {name: reports.NAN_CHANGES[name] for name in ("nothing", "positivity 1e-12")}
    )
    done = CliRunner().invoke(main, ["where_nan", "--seeds", "1", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "where_nan.json").read_text()) == {
        "nothing": {"pixel": "0 of 1", "half_pixel": "1 of 1"},
        "positivity 1e-12": {"pixel": "0 of 1", "half_pixel": "0 of 1"},
    }


def test_the_note_of_a_picture_is_measured():
    rng = np.random.default_rng(0)
    truth, seen = rng.random((40, 40)), np.zeros((40, 40), bool)
    seen[10:30, 10:30] = True
    assert inspection.shift(truth, np.roll(truth, (2, -1), (0, 1)), seen) == (-2, 1)
    assert pictures.note(truth, np.ones((40, 40)), seen) == "blank"
    broken = truth.copy()
    broken[12, 12:15] = np.nan
    assert pictures.note(truth, broken, seen) == "3 of 400 pixels are not finite"


def test_a_look_finds_a_blank_image_a_shift_and_tiles():
    made, _ = running.through(("simulate",), scenario="two_by_two")
    truth = np.abs(made["simulate"].objectGuess).astype(float)
    seen = np.zeros(truth.shape, bool)
    seen[12:28, 12:28] = True

    def look(image):
        return inspection.looked_at(truth, np.stack([truth, image]), np.stack([seen, seen]))

    sound = look(truth + 0.01)
    assert (sound["structure"], sound["shift"]) == (pytest.approx(1), 0) and abs(sound["repeats"]) < 1e-9
    assert look(np.full(truth.shape, truth.mean()))["structure"] < 1e-9
    assert look(np.roll(truth, (1, 0), (0, 1)))["shift"] == 1
    tiles = np.sin(2 * np.pi * np.arange(40) / 6)
    assert look(truth + truth[seen].std() * np.sqrt(2) * tiles)["repeats"] > 0.3
    assert np.isnan(list(look(np.full(truth.shape, np.nan)).values())).all()


def test_a_scenario_that_there_is_not_is_refused():
    done = CliRunner().invoke(main, ["grouping_summary", "--scenario", "gs3"])
    assert "there is no scenario 'gs3'" in str(done.exception)


def test_the_pages_pictures_show_three_stages_and_leave_the_others_empty():
    made, _ = running.through(running.SYSTEM, choices={"epochs": "5"})
    drawn = set()
    for name, output in made.items():
        axes = Figure().subplots()
        model.picture(name, output, axes)
        drawn |= {name} if axes.has_data() else set()
    assert drawn == {"simulate", "stitch", "compare"}
