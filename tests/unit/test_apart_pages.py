"""Pictures, report and summary of a model taken apart."""

from __future__ import annotations

import copy

import apart_samples as samples
import numpy as np
import pytest
import xarray as xr
from report_samples import write_results
from test_plots import figure, headline, open_draws, reasons
from test_report import rows, sections

from faultline.core.record import validate, write_json
from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.findings.ablation_effects import GAIN_HELPS
from faultline.report.group_page import write_report
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels import funnel
from faultline.report.plots.stage import plot_group
from faultline.report.plots.style import NothingToDraw
from faultline.report.plots.suspect_draws import closest_pair
from faultline.report.sections.suspects import bends
from faultline.report.summary import read_records, write_summary


@pytest.fixture(scope="module")
def nc(tmp_path_factory):
    return samples.draws(tmp_path_factory.mktemp("draws") / "draws.nc")


def titles(fig):
    return [ax.get_title(loc="left") for ax in fig.axes]


def written(ax):
    return [text.get_text() for text in ax.texts]


def suspects(record, nc):
    return figure("suspects", record, open_draws(nc, record))


def bend(record, nc):
    check = {"names": ["tau", "theta"]}
    return funnel.bend(Record.of(record), open_draws(nc, record), check)


@pytest.mark.parametrize(
    "made",
    [
        samples.funnel,
        samples.places,
        samples.symmetric,
        samples.cliff_and_ridge,
        samples.no_density,
        samples.endless,
        samples.steps,
        samples.steps_and_funnel,
    ],
)
def test_the_samples_are_valid_records(made):
    assert validate(made()) == []


def test_both_pictures_are_drawn(tmp_path, nc):
    write_json(tmp_path / "record.json", samples.funnel())
    manifest = plot_group(tmp_path / "record.json", nc, tmp_path / "plots")
    assert reasons(manifest) == {}
    assert {"held.png", "suspects.png"} <= set(manifest["files"])


def test_what_helps_most_when_held_comes_first(nc):
    fig = figure("held", samples.funnel())
    labels = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert labels == ["nothing held (3 fits)", "theta held", "tau held", "mu held"]
    at = {line.get_xdata()[0] for line in fig.axes[0].lines if line.get_linestyle() == "--"}
    assert at == {GAIN_HELPS}
    assert "theta held (× 11), tau held (× 6)" in headline(fig) and "hollow" in headline(fig)
    assert written(fig.axes[1])[3:] == [
        *("", "2 %", "1.30"),
        *("× 11", "0 %", "1.00"),
        *("× 6", "0 %", "1.00"),
        *("none", "3 %", "1.20"),
    ]


def test_a_factor_left_out_is_a_row_of_its_own():
    labels = [tick.get_text() for tick in figure("held", samples.cliff_and_ridge()).axes[0].get_yticklabels()]
    assert "without allowed" in labels and "a held" in labels


def test_a_model_that_samples_well_is_words(nc):
    for module in ("held", "suspects"):
        with pytest.raises(NothingToDraw, match="samples well"):
            figure(module, samples.sound(), open_draws(nc, samples.sound()))


def test_a_funnel_is_drawn_on_the_samplers_scale_with_its_divergences(nc):
    fig = suspects(samples.funnel(), nc)
    (ax,) = fig.axes
    assert titles(fig) == ["tau sets the scale of theta: × 5.4"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("log tau", "theta[2]")
    crosses = next(line for line in ax.lines if line.get_marker() == "x" and len(line.get_xdata()))
    assert max(crosses.get_xdata()) < -1
    assert "changes by a factor of" in headline(fig)


def test_places_are_drawn_by_chain(nc):
    fig = suspects(samples.places(), nc)
    assert titles(fig) == ["mu: 2 places"]
    assert {fig.axes[0].get_xlabel(), fig.axes[0].get_ylabel()} == {"mu[0]", "mu[1]"}
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()][:2] == ["chain 0", "chain 1"]


def test_a_ridge_is_one_within_chains_wherever_these_stand():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4, 200)) + np.arange(4.0)[:, None] * 9
    c = 0.8 * a - 0.6 * rng.normal(size=(4, 200)) + np.array([9.0, 0.0, 5.0, 2.0])[:, None]
    posterior = xr.Dataset(
        {name: (("chain", "draw"), values) for name, values in {"a": a, "b": b, "c": c}.items()}
    )
    first, second, r = closest_pair(Draws(posterior, xr.Dataset(), False), ["a", "b", "c"])
    assert (first, second) == ("a", "c") and r == pytest.approx(0.8, abs=0.05)


def test_a_ridge_of_chains_in_modes_is_drawn_around_the_mean_of_each(nc):
    record = samples.cliff_and_ridge()
    assert not any("mean" in ax.get_xlabel() for ax in suspects(record, nc).axes)
    record["apart"]["modes"] = {**samples.places()["apart"]["modes"], "variables": []}
    ridge = next(ax for ax in suspects(record, nc).axes if ax.get_title(loc="left").startswith("A ridge"))
    assert ridge.get_xlabel().endswith("from its chain's mean")
    assert abs(np.mean(ridge.lines[0].get_xdata())) < 1e-9


def test_what_only_the_prior_bends_is_a_table_and_no_picture(nc):
    record = samples.funnel()
    rows = record["apart"]["curvature"]["bends"]
    record["apart"]["bends_in_prior"] = [dict(row) for row in rows]
    rows[0] |= {"slope": 0.1, "width": 1.1}
    assert bend(record, nc) is None
    lead, table = bends(Ablation.of(record["apart"]))
    assert (
        lead.startswith("One variable also sets the scale of another in the prior")
        and "`theta[2]` | × 2.1" in table
        and "`mu`" not in table
    )


def test_title_and_caption_of_a_pair_come_from_one_number(nc):
    record = samples.funnel()
    panel = bend(record, nc)
    assert panel.title.endswith("× 5.4") and "changes by a factor of 5.4" in panel.seen
    assert "Its draws hide that" not in panel.seen
    record["apart"]["curvature"]["bends"][0]["width_of_draws"] = 1.1
    assert "Its draws hide that" in bend(record, nc).seen


def test_where_a_symmetry_leads_and_a_prior_against_the_data(nc):
    fig = suspects(samples.symmetric(), nc)
    assert titles(fig) == ["The prior of sigma against the data", "mu: places that look the same"]
    ticks = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert ticks == ["posterior without\nthis prior", "posterior", "prior"]
    assert "puts it at 9" in headline(fig) and "elements of mu exchanged" in headline(fig)


def test_a_cliff_a_ridge_and_a_slow_variable(nc):
    fig = suspects(samples.cliff_and_ridge(), nc)
    assert titles(fig) == ["allowed changes to -inf", "A ridge: a and b"]
    assert "correlation -1" in headline(fig) and "0.19" not in headline(fig)
    ends = [line for line in fig.axes[0].lines if list(line.get_xdata()) == [1.0, 1.0]]
    assert ends and fig.axes[0].get_ylabel() == "log-probability of allowed"


def test_what_is_no_density_is_drawn_as_it_runs_away(nc):
    fig = suspects(samples.no_density(), nc)
    assert set(titles(fig)) == {"match lets sigma run away", "penalty rises without limit"}
    rises = fig.axes[titles(fig).index("penalty rises without limit")].lines[0]
    assert list(rises.get_xdata()) == [10, 100, 1000] and list(rises.get_ydata()) == [1e2, 1e4, 1e6]


def test_records_without_what_a_panel_needs_are_words(nc):
    record = samples.cliff_and_ridge()
    del record["apart"]["cliffs"]["factors"][0]["profile"]
    assert "allowed changes to -inf" not in titles(suspects(record, nc))
    record["checks"] = [check for check in record["checks"] if check["name"] == "cliffs"]
    with pytest.raises(NothingToDraw, match="allowed has no picture"):
        suspects(record, nc)


def report(suite, record, nc=None) -> str:
    write_results(suite, record)
    path = suite / "results" / f"results_{record['group']}.json"
    folder = suite / "plots" / record["group"]
    if nc:
        plot_group(path, nc, folder)
    return write_report(path, folder, suite)["md"].read_text(encoding="utf-8")


def section(suite, record, nc=None) -> str:
    return sections(report(suite, record, nc))["Sampling summary"]


def test_the_report_says_what_was_tried_and_what_it_showed(tmp_path, nc):
    found = section(tmp_path, samples.funnel(), nc)
    assert "3 variables held at typical draws" in found
    assert "| `theta` held | × 11 | 55 | 0 % | 1 |" in found
    assert "| `tau` | `theta[2]` | × 2.1 |" in found
    assert "| `mu` | -1.6 to 1.6 | 7 ± 0.5 | 1e-8 | 9 | 3 |" in found
    assert "- holding mu and tau: the budget was used up" in found
    assert found.count("![") == 2


def test_the_report_has_the_places_the_ridge_and_the_cliff(tmp_path):
    assert "**The chains stay in 2 different places**, furthest apart in `mu`" in section(
        tmp_path, samples.places()
    )
    found = section(tmp_path, samples.cliff_and_ridge())
    assert "**A ridge:** `a` (50 %), `b` (50 %) can change together" in found
    assert "| `allowed` | `a` | from -1 to -inf | 1 sd | 9 of 40 |" in found
    assert "exchanging elements of `mu` leaves the density unchanged" in section(
        tmp_path, samples.symmetric()
    )


def test_a_density_that_keeps_rising_is_said(tmp_path):
    record = samples.funnel()
    record["apart"]["far"] = [
        {"variable": "mu", "rise": 5e5, "decades": 4, "factor": "y", "kind": "observed", "factor_rise": 50.0}
    ]
    found = section(tmp_path, record)
    assert (
        "**Improper posterior:** the log-probability rises by 500,000 as `mu` moves out to 1e4 standard deviations, because of `y`."
        in found
    )


def test_a_flat_prior_that_nothing_backs_is_said_and_drawn(tmp_path, nc):
    record = samples.endless()
    found = section(tmp_path, record)
    assert (
        "**Improper posterior:** on a line along `a`, `b`, whose prior is flat, the log-probability changes by 1.5 in 1e+10"
        in found
    )
    fig = suspects(record, nc)
    assert titles(fig) == ["Nothing constrains a and b"]
    model, slowest = fig.axes[0].lines
    assert list(model.get_ydata()) == [1.5] * 9
    assert slowest.get_ydata()[-1] == pytest.approx(1.5 - 8 * np.log(10))


@pytest.mark.parametrize("made", [samples.endless, samples.no_density])
def test_ticks_are_numbers_where_no_mathematics_is_set(made, nc):
    fig = suspects(made(), nc)
    fig.canvas.draw()
    axes = [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]
    assert not [t.get_text() for axis in axes for t in axis.get_ticklabels() if "$" in t.get_text()]


def test_a_model_that_samples_well_and_one_that_never_ran(tmp_path):
    found = section(tmp_path, samples.sound())
    assert "what only explains a failure: the model samples well" in found and "What was tried" not in found
    empty = samples.record({"mu": None}, skipped=[{"what": "everything", "reason": "a discrete variable"}])
    found = section(tmp_path, empty)
    assert found.startswith("The model was not tested part by part") and "a discrete variable" in found


def test_steps_of_discrete_variables_beside_the_rest_with_them_held(tmp_path, nc):
    found = section(tmp_path, samples.steps(), nc)
    assert found.count("| `c` held at a draw |") == 2 and "| as it stands | 4,000 |" in found
    assert "Everything else" not in found
    fig = suspects(samples.steps(), nc)
    assert titles(fig) == ["c moves slowly"] and "updated without a gradient" in headline(fig)
    with pytest.raises(NothingToDraw, match="discrete variables \\(c\\) were held, all at once"):
        figure("held", samples.steps())


def test_a_search_with_discrete_variables_held_says_so(tmp_path, nc):
    found = section(tmp_path, samples.steps_and_funnel(), nc)
    assert "Everything else on this page is measured with `c` held." in found
    assert "| `c` held at the last of these |" in found and "| `theta` held | × 11 |" in found


def test_unknown_figures_break_neither_picture_nor_report(tmp_path, nc):
    record = copy.deepcopy(samples.funnel())
    for row in record["apart"]["conditions"]:
        row |= {"ess_per_1000": None, "max_rhat": None, "divergent_share": None, "by_variable": {}}
    record["apart"]["conflict"][0] |= {"prior": None, "log10_tail": float("nan")}
    assert "unknown" in written(figure("held", record).axes[1])
    assert set(rows(report(tmp_path, record))) <= {2, 3, 5, 6, 9}


def test_the_summary_shows_the_suspects_and_speaks_of_no_component(tmp_path, nc):
    report(tmp_path, samples.funnel(), nc)
    found = write_summary(tmp_path, read_records(tmp_path))
    text = (tmp_path / "report_summary.md").read_text(encoding="utf-8")
    assert found["component"] == "tau + theta" and validate(found, "summary") == []
    top = text.split("## All groups")[0]
    assert "**✗ Geometry: a funnel: `tau` sets the scale of `theta`.**" in top
    assert "interaction" not in text and "core model" not in text
    assert text.index("suspects.png") < text.index("held.png")
    assert "| 80 of 4,000 | 1.3 |" in text and text.count("as it stands |") == 1
    assert np.isclose(found["groups"][0]["min_ess"], 160)
