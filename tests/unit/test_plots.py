"""Pictures: always all of them, drawn where there is something to draw, words where there is not."""

from __future__ import annotations

import importlib

import h5netcdf
import numpy as np
import pytest
import report_samples as samples
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from report_draws import eight_schools, save_draws
from verdict_records import judged, measured, run, sized

from faultline.core.record import read_json, write_json
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria import thresholds
from faultline.diagnosis.sizes import read
from faultline.report.plots import MANIFEST, PICTURES, style
from faultline.report.plots import draws as drawing
from faultline.report.plots.draws import split_label
from faultline.report.plots.size import draw as draw_reading
from faultline.report.plots.size import draw_sizes
from faultline.report.plots.stage import plot_group
from faultline.report.plots.trace import choose, ranked

BROKEN = "could not be drawn"


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Draws of the run as asked, with divergences."""
    return save_draws(tmp_path_factory.mktemp("draws") / "draws.nc", asked=eight_schools(True))


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Draws of a group that sampled on."""
    path = tmp_path_factory.mktemp("draws") / "draws.nc"
    return save_draws(path, asked=eight_schools(True), extended=eight_schools(False))


def drawn(tmp_path, record, draws=None):
    write_json(tmp_path / "record.json", record)
    return plot_group(tmp_path / "record.json", draws, tmp_path / "plots")


def reasons(manifest):
    return {row["file"]: row.get("reason") for row in manifest["pictures"] if not row["drawn"]}


def figure(module, record, draws=None):
    with style.look():
        return importlib.import_module(f"faultline.report.plots.{module}").draw(Record.of(record), draws)


def open_draws(path, record):
    return drawing.open_draws(path, Record.of(record))


def headline(fig):
    return " ".join(text.get_text() for text in fig.texts)


@pytest.fixture
def coarse(monkeypatch):
    """Drawn, but neither laid out nor compressed, where only the drawing matters: ten times quicker."""

    def save(fig, path):
        fig.set_layout_engine("none")
        fig.set_dpi(20)
        FigureCanvasAgg(fig).draw()
        path.write_bytes(b"drawn")

    monkeypatch.setattr(style, "save", save)


@pytest.mark.parametrize("kind", ["build", "gradient", "sampling"])
def test_every_picture_of_a_kind_is_drawn(tmp_path, failing, kind):
    made = {
        "build": samples.build_record,
        "gradient": samples.gradient_record,
        "sampling": samples.sampling_record,
    }
    assert reasons(drawn(tmp_path, made[kind](), failing)) == {}
    for name in PICTURES[kind]:
        with Image.open(tmp_path / "plots" / name) as picture:
            assert picture.format == "PNG" and min(picture.size) > 200


def test_the_same_record_gives_the_same_picture(tmp_path, failing):
    record = samples.sampling_record(3)
    for name in ("one.png", "two.png"):
        with style.look():
            style.save(figure("energy", record, open_draws(failing, record)), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_manifest_is_the_listing_and_stale_files_go(tmp_path):
    (tmp_path / "plots").mkdir()
    for name in ("old_picture.png", "thesis.tex"):
        (tmp_path / "plots" / name).write_bytes(b"old")
    listed = ["old_picture.png", "../results", "", "plots/x", MANIFEST]
    write_json(tmp_path / "plots" / MANIFEST, {"files": listed, "pictures": []})
    manifest = drawn(tmp_path, samples.build_record())
    assert (tmp_path / "plots" / "thesis.tex").read_bytes() == b"old", "it was never listed"
    (tmp_path / "plots" / "thesis.tex").unlink()
    listing = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert manifest["files"] == listing == [MANIFEST, "logp_terms.png"]
    assert read_json(tmp_path / "plots" / MANIFEST) == manifest


def test_the_extended_run_is_shown_and_named(extended):
    record = samples.sampling_record(7, sound=True)
    draws = open_draws(extended, record)
    assert draws.extended and draws.n_chains == 4 and draws.posterior.sizes["draw"] == 500
    for module in ("pairs", "trace", "energy", "steps"):
        assert "longer run, 4 chains of 500 draws" in headline(figure(module, record, draws))
    assert "longer run" in headline(figure("convergence", record))


def test_the_prior_stands_behind_the_trace_of_its_element_and_leaves_the_axis_alone(failing):
    record = samples.sampling_record(3)
    plain = figure("trace", record, open_draws(failing, record))
    record["sampling"]["priors"] = [
        {"name": "mu", "index": [], "prior": [-8.0, 0.1, 8.0]},
        {"name": "theta", "index": [1], "prior": None},
    ]
    fig = figure("trace", record, open_draws(failing, record))
    bands = {ax.get_ylabel(): ax.patches for ax in fig.axes if ax.get_ylabel()}
    assert [name for name, found in bands.items() if found] == ["mu"]
    assert [ax.get_ylim() for ax in fig.axes] == [ax.get_ylim() for ax in plain.axes]
    titles = [ax.get_title() + ax.get_title(loc="left") for ax in fig.axes]
    assert sum("90 % of the prior from -8 to 8" in title for title in titles) == 1
    assert "Gray: 90 % of the prior" in headline(fig) and "Gray" not in headline(plain)


def test_draws_without_the_extended_run_do_not_pass_for_it(failing):
    record = samples.sampling_record(7, sound=True)
    assert "the longer run was stopped before it had as many draws" in headline(
        figure("trace", record, open_draws(failing, record))
    )


def test_pairs_follow_the_divergence_shift_on_the_samplers_scale(failing):
    record = samples.sampling_record(3)
    fig = figure("pairs", record, open_draws(failing, record))
    labels = [ax.get_xlabel() for ax in fig.axes if ax.get_xlabel()]
    assert labels[:3] == ["log tau", "mu", "theta[0]"]
    assert (
        "Within their chains they stand out most in tau (Kolmogorov-Smirnov distance 0.81). The 3 in which they do come first"
        in headline(fig)
    )


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        (
            {"n": 48, "variables": [{"name": "theta", "index": [3], "ks": 0.9, "p": 0.01}]},
            "no variable more than by chance",
        ),
        (
            {"n": 9, "variables": [{"name": "theta", "index": [3], "ks": 0.9, "p": 0.005}]},
            "no variable more than by chance",
        ),
    ],
)
def test_pairs_name_no_variable_that_chance_or_few_divergences_bring(failing, positions, said):
    record = samples.sampling_record(3)
    record["sampling"]["divergence_positions"] = positions
    fig = figure("pairs", record, open_draws(failing, record))
    assert said in headline(fig) and "most in" not in headline(fig)
    assert "theta[3]" not in [ax.get_xlabel() for ax in fig.axes]


def test_pairs_show_which_chain_a_draw_is_of(failing):
    record = samples.sampling_record(3)
    draws = open_draws(failing, record)
    fig = figure("pairs", record, draws)
    dots = [line for line in fig.axes[4].lines if line.get_marker() == "o"]
    assert [line.get_color() for line in dots] == [style.chain_colour(i) for i in range(draws.n_chains)]
    first = np.log(draws.element("tau"))[0][~draws.divergent[0]]
    np.testing.assert_array_equal(dots[0].get_xdata(), first)


def test_pairs_mark_where_trajectories_broke_if_the_sampler_said_so(tmp_path):
    tree = eight_schools(True).copy()
    broken = {
        "tau": ("divergence", [-3.5]),
        "mu": ("divergence", [2.0]),
        "theta": (("divergence", "i"), [[1.0] * 8]),
    }
    tree["divergences"] = xr.DataTree(xr.Dataset(broken))
    record = samples.sampling_record(3)
    fig = figure("pairs", record, open_draws(save_draws(tmp_path / "d.nc", asked=tree), record))
    crosses = [line.get_xdata().tolist() for line in fig.axes[4].lines if line.get_marker() == "x"]
    assert crosses == [[-3.5]]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == [
        *("draw of chain 0", "draw of chain 1"),
        "where a trajectory broke",
    ]
    record["model"]["free_rvs"][0]["transform"] = "interval"
    fig = figure("pairs", record, open_draws(tmp_path / "d.nc", record))
    assert fig.legends[0].get_texts()[-1].get_text() == "divergent draw"


def test_pairs_without_divergences_say_so(extended):
    record = samples.sampling_record(7, sound=True)
    assert "No draw diverged" in headline(figure("pairs", record, open_draws(extended, record)))


def test_thresholds_are_drawn_as_lines(failing):
    fig = figure("convergence", samples.sampling_record(3))
    at = {
        round(float(line.get_xdata()[0]), 9)
        for ax in fig.axes
        for line in ax.lines
        if line.get_linestyle() == "--"
    }
    assert {round(thresholds.RHAT_MAX - 1, 9), thresholds.ESS_MIN} <= at
    energy = samples.sampling_record(3)
    energy["sampling"]["ebfmi"] = [0.1, 0.9]
    titles = [ax.get_title(loc="left") for ax in figure("energy", energy, open_draws(failing, energy)).axes]
    assert titles == [f"chain 0: E-BFMI 0.1 < {thresholds.EBFMI_MIN}", "chain 1: E-BFMI 0.9"]


def test_the_worst_element_of_each_selected_variable_comes_first(failing):
    draws = open_draws(failing, samples.sampling_record(3))
    sampling = {
        "selected": {"names": ["theta", "tau", "not_there"]},
        "variables": [{"name": "theta", "rhat_worst_index": [5]}],
    }
    assert choose(Run.of(sampling), draws) == [
        "theta[5]",
        "theta[0]",
        "theta[1]",
        "theta[2]",
        "theta[3]",
        "tau",
    ]


@pytest.mark.parametrize(
    ("label", "parts"), [("rho", ("rho", ())), ("x[3, 1]", ("x", (3, 1))), ("a[b][2]", ("a[b]", (2,)))]
)
def test_elements_are_read_by_their_index(label, parts):
    assert split_label(label) == parts


def damaged(tree: xr.DataTree, change) -> xr.DataTree:
    posterior, stats = tree["posterior"].dataset.copy(deep=True), tree["sample_stats"].dataset.copy(deep=True)
    posterior, stats = change(posterior, stats)
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})


def all_nan(posterior, stats):
    return posterior * np.nan, stats


def one_chain(posterior, stats):
    return posterior.isel(chain=[0]), stats.isel(chain=[0])


def constant_chain(posterior, stats):
    return posterior * 0 + 1.5, stats


def padded_with_nan(posterior, stats):
    return posterior.where(posterior["draw"] < 10), stats.where(stats["draw"] < 10)


def one_draw(posterior, stats):
    return posterior.isel(draw=[0]), stats.isel(draw=[0])


def no_statistics(posterior, stats):
    return posterior, stats[[]]


def nan_energy(posterior, stats):
    return posterior, stats.assign(energy=stats["energy"] * np.nan)


def all_divergent(posterior, stats):
    return posterior, stats.assign(diverging=stats["diverging"] | True)


def dollars(posterior, stats):
    return posterior.rename(tau="cost_$a$ ^2"), stats


@pytest.mark.parametrize(
    "change",
    [
        all_nan,
        one_chain,
        constant_chain,
        padded_with_nan,
        one_draw,
        no_statistics,
        nan_energy,
        all_divergent,
        dollars,
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_odd_draws_give_pictures_or_words_but_no_exception(tmp_path, coarse, change):
    path = save_draws(tmp_path / "odd.nc", asked=damaged(eight_schools(True), change))
    record = samples.sampling_record(3)
    record["sampling"]["selected"]["names"] = ["mu", "cost_$a$ ^2", "theta"]
    manifest = drawn(tmp_path, record, path)
    assert not [reason for reason in reasons(manifest).values() if BROKEN in reason]
    said = reasons(manifest)
    if change is all_nan:
        assert "NaN" in said["trace_selected.png"]
    elif change in (no_statistics, nan_energy, one_draw):
        assert "energy.png" in said
    elif change is not padded_with_nan:
        assert said == {}


@pytest.mark.parametrize("draws", ["absent", "empty", "garbage"])
def test_a_group_without_draws_says_why(tmp_path, coarse, draws):
    path = tmp_path / "draws.nc"
    if draws == "empty":
        h5netcdf.File(path, "w").close()
    elif draws == "garbage":
        path.write_bytes(b"no netCDF at all")
    record = samples.sampling_record(3)
    del record["sampling"]
    assert set(reasons(drawn(tmp_path, record, path))) == set(PICTURES["sampling"])
    killed = samples.error_record(5)
    if draws != "garbage":
        assert "compile" in reasons(drawn(tmp_path, killed, path))["trace_selected.png"]


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_unknown_figures_never_break_a_picture(tmp_path, coarse, failing, number):
    record = samples.without_values(samples.ladder()[number - 1])
    manifest = drawn(tmp_path, record, failing)
    assert not [reason for reason in reasons(manifest).values() if BROKEN in reason]


def test_a_picture_that_raises_becomes_words(tmp_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("faultline.report.plots.logp.draw", fail)
    manifest = drawn(tmp_path, samples.build_record())
    assert reasons(manifest) == {
        "logp_terms.png": "This picture could not be drawn (ZeroDivisionError: odd)."
    }
    assert (tmp_path / "plots" / "logp_terms.png").is_file()


def test_terms_that_are_not_finite_are_named(tmp_path):
    record = samples.build_record()
    record["logp"]["terms"][0]["value"] = float("nan")
    fig = figure("logp", record)
    assert "Not finite: y_obs" in headline(fig)
    assert any(text.get_text() == "NaN: not finite" for text in fig.axes[0].texts)


def size_figure(*records):
    with style.look():
        return draw_reading(read([Record.of(judged(record)) for record in records]))


def written(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_the_size_ladder_is_drawn_with_its_thresholds_and_its_sentence(tmp_path):
    records = [measured(6), sized(200), sized(500, outcome="fail")]
    fig = size_figure(*records)
    assert "fails at T 500" in headline(fig)
    levels = {line.get_ydata()[0] for ax in fig.axes for line in ax.lines if line.get_linestyle() == "--"}
    wanted = [thresholds.BENIGN_DIVERGENT_SHARE, thresholds.RHAT_MAX - 1, thresholds.ESS_MIN]
    assert sorted(levels) == pytest.approx(wanted)
    assert [tick.get_text() for tick in fig.axes[3].get_xticklabels()] == ["80", "200", "500"]
    assert "unknown" not in written(fig)
    draw_sizes([judged(record) for record in records], tmp_path / "size_ladder.png")
    with Image.open(tmp_path / "size_ladder.png") as picture:
        assert picture.format == "PNG" and min(picture.size) > 400


def test_a_size_without_a_figure_is_an_unknown_and_breaks_the_line():
    stopped = sized(500, outcome="error")
    half = sized(200, sampling_extended=run(max_rhat=float("nan"), mean_step_size=None))
    fig = size_figure(sized(80), half, stopped, sized(1800, outcome="fail"))
    assert written(fig).count("unknown") == 6 + 2  # every figure of the one, two of the other
    step_size = fig.axes[0].lines[0].get_ydata()
    assert np.isnan(step_size).tolist() == [False, True, True, False]


def test_sizes_of_which_none_was_sampled_are_words():
    assert "No size was sampled." in headline(size_figure(sized(500, outcome="error")))


def test_equal_values_leave_no_rank_empty():
    values = np.array([[1, 1, 2, 1], [2, 1, 2, 2]])
    ranks = ranked(values)
    assert sorted(ranks.ravel()) == list(range(1, 9))
    assert ranks[values == 1].max() < ranks[values == 2].min()
