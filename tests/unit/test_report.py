"""The report of a group: seven sections, one paragraph where one is asked, links that resolve, unknown for what is not known."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import report_samples as samples
from markdown_it import MarkdownIt

from faultline import __version__
from faultline.core.record import read_json, write_json
from faultline.core.sections.record import Record
from faultline.report import html
from faultline.report.group_page import SECTIONS, markdown, write_report
from faultline.report.plots.stage import plot_group

ROOT = Path(__file__).parents[2]
ODD = "cost_|_<b>*x*`y`"
EVERY = [*range(1, 8)]


def parsed(text: str):
    return MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)


def report(suite: Path, record: dict, *, plots: bool = False) -> str:
    """The Markdown of a record, written the way the stage does."""
    samples.write_results(suite, record)
    path = samples.results_of(suite, record)
    folder = suite / "plots" / record["group"]
    if plots:
        plot_group(path, None, folder)
    return write_report(path, folder, suite)["md"].read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Title -> body of the second-level headings."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (body.strip() for body in parts[2::2]), strict=True))


def links(text: str) -> list[str]:
    """Targets of links and pictures."""
    found = []
    for token in parsed(text):
        for child in token.children or []:
            found += [str(child.attrs[key]) for key in ("href", "src") if key in child.attrs]
    return found


def rows(text: str) -> list[int]:
    """Cells of each row of each table, as a reader of Markdown sees them."""
    counts, current = [], None
    for token in parsed(text):
        if token.type == "tr_open":
            current = 0
        elif token.type in ("th_open", "td_open"):
            current += 1
        elif token.type == "tr_close":
            counts.append(current)
    return counts


@pytest.mark.parametrize("number", EVERY)
@pytest.mark.parametrize("known", [True, False], ids=["measured", "unknown"])
def test_every_report_has_the_seven_sections(tmp_path, number, known):
    record = samples.ladder()[number - 1]
    text = report(tmp_path, record if known else samples.without_values(record))
    about = {1: "Model checks", 2: "Gradient checks"}.get(number, "Sampling summary")
    found = list(sections(text))
    assert sorted(found) == sorted(SECTIONS) and len(found) == 7
    assert (found[:3], found[-1]) == (["Interpretation", "Next action", about], "Header")
    assert all(sections(text).values())


@pytest.mark.parametrize("number", EVERY)
def test_interpretation_and_next_action_are_one_paragraph_each(tmp_path, number):
    found = sections(report(tmp_path, samples.ladder()[number - 1]))
    for title in ("Interpretation", "Next action"):
        assert [token.type for token in parsed(found[title])] == [
            "paragraph_open",
            "inline",
            "paragraph_close",
        ]


@pytest.mark.parametrize(
    "words", ["1. first\n\n2. second", "- a list\n\n# a heading", "> said\n\n    code", "<b>|</b>"]
)
def test_what_a_verdict_says_stays_one_paragraph(tmp_path, words):
    record = samples.error_record()
    record["verdict"] |= {"interpretation": words, "next_action": words}
    page = markdown(Record.of(record), tmp_path / "results.json", tmp_path / "plots", tmp_path)
    found = sections(page)
    for title in ("Interpretation", "Next action"):
        tokens = parsed(found[title])
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        shown = "".join(child.content for child in tokens[1].children)
        assert shown.split() == words.split()


@pytest.mark.parametrize("number", [1, 2, 5])
def test_all_links_resolve_and_are_relative(tmp_path, number):
    text = report(tmp_path, samples.ladder()[number - 1], plots=True)
    targets = links(text)
    assert any(target.endswith(".png") for target in targets)
    assert any(target.startswith("results/results_group_") for target in targets)
    assert all((tmp_path / unquote(target)).is_file() for target in targets)
    assert not any(target.startswith(("/", "http")) for target in targets)


def test_the_copy_by_run_id_is_the_same_file(tmp_path):
    record = samples.build_record()
    report(tmp_path, record)
    for kind in ("md", "html"):
        latest = tmp_path / f"report_{record['group']}.{kind}"
        run = tmp_path / f"report_{record['group']}__{record['run_id']}.{kind}"
        assert latest.read_bytes() == run.read_bytes()


def test_the_same_record_gives_the_same_report(tmp_path):
    first, second = (report(tmp_path / name, samples.build_record(), plots=True) for name in ("a", "b"))
    assert first == second
    pages = [(tmp_path / name / "report_group_1_build_only_sanity.html").read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


def test_the_verdict_stands_first_in_one_bold_line(tmp_path):
    text = report(tmp_path, samples.build_record())
    assert text.split("\n\n")[1].startswith("**✗ FAIL: a bug in the log-probability or its gradient")


def test_the_header_says_what_was_asked(tmp_path):
    found = sections(report(tmp_path, samples.sampling_record(7, sound=True)))["Header"]
    for words in (
        "`group_7_likelihood_only_freeze_latents`",
        f"`{samples.RUN_ID}`",
        "2025-12-19T21:00:00",
        "`use_mixture` on",
        "max_T 80, max_K 8",
        "2 chains of 300 tuning steps and 100 draws",
        "`x`, `U` held at the initial estimate",
        "pymc 6.4.0",
        "| seed | 123 |",
    ):
        assert words in found


def test_a_case_that_was_not_cut_has_no_truncation(tmp_path):
    record = samples.build_record()
    record["asked"] |= {"max_T": None, "max_K": None}
    assert "truncation" not in sections(report(tmp_path, record))["Header"]


def test_model_checks_list_the_worst_ten_terms_and_what_is_odd(tmp_path):
    found = sections(report(tmp_path, samples.build_record()))["Model checks"]
    assert "PyMC builds the joint log-probability as a PyTensor computation graph" in found
    assert "**-249,893.6371**" in found
    assert len(re.findall(r"^\| `\w+` \| -", found, flags=re.MULTILINE)) == 10
    assert "**Counted twice?** `y_obs` and `dir_hmm_potential`" in found
    assert "`dir_hmm_mu_raw[0, 0]` (3 values)" in found
    assert "| with jitter, seed 125 | -inf |" in found


def test_a_term_that_is_not_finite_keeps_its_name_and_its_datum(tmp_path):
    record = samples.build_record()
    bad = [{"index": [2, 0], "datum": -1.0}]
    record["logp"]["terms"][0] |= {"value": float("-inf"), "n_inf": 1, "bad": bad}
    record["logp"]["total"] = float("nan")
    found = sections(report(tmp_path, record))["Model checks"]
    assert "initial point: **NaN**" in found
    assert "| `y_obs` | -inf | 1 | 0 | 1 | `[2, 0]` (datum -1.0000) |" in found


def test_gradient_checks_show_times_beside_the_published_ones(tmp_path):
    found = sections(report(tmp_path, samples.gradient_record()))["Gradient checks"]
    assert "NUTS follows the PyTensor gradient" in found and "differentiates it automatically" in found
    assert "| compile log-probability and gradient | 2.6 s | 44.7 s |" in found
    assert "| first evaluation | 1.1 s | 2.06 s |" in found
    assert "| gradient elements | 2,313 | 2,313 |" in found
    assert "| `dir_hmm_potential` | 0.31 | `dir_hmm_kappa`: gradient 12.1, difference 9.24 |" in found
    assert "| `use_directional_hmm` | values | 2,287 | 2,313 | × 1.01 |" in found
    assert "1.51e+08" in found and "0 NaN and 0 infinite" in found


def test_sampling_summary_shows_both_runs_and_the_published_figures(tmp_path):
    sound = sections(report(tmp_path, samples.sampling_record(7, sound=True)))["Sampling summary"]
    assert "|  | run as asked | longer run |" in sound
    assert "| draws per chain | 100 | 500 |" in sound
    assert "continued sampling: min_ess is 88" in sound
    failing = sections(report(tmp_path, samples.sampling_record(4)))["Sampling summary"]
    assert "| divergences | 48 | 48 |" in failing
    assert "Also published: `duration` 149 s." in failing
    assert "✗ fail | divergences too many" in failing
    assert "Kolmogorov-Smirnov" in failing and "Recovery of the truth" in failing
    assert "Mixture checks:" in failing and "| normal logp median | -4.1 |" in failing


@pytest.mark.parametrize("number", [1, 2])
def test_a_group_that_does_not_sample_says_so_in_one_line(tmp_path, number):
    found = sections(report(tmp_path, samples.ladder()[number - 1]))["Sampling summary"]
    assert found.startswith("Not sampled") and "\n" not in found


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_what_is_not_known_is_called_unknown(tmp_path, number):
    record = samples.without_values(samples.ladder()[number - 1])
    for check in record["checks"]:
        check["note"] = "in the words of the rules"
    record["verdict"] |= {
        "interpretation": "in the words of the rules",
        "next_action": "in the words of the rules",
    }
    text = report(tmp_path, record)
    place = {1: "Model checks", 2: "Gradient checks"}.get(number, "Sampling summary")
    assert "unknown" in sections(text)[place]
    for word in ("None", "nan", "Infinity"):
        assert not re.search(rf"\b{word}\b", text)
    if number in (3, 7):  # elsewhere a value that is NaN is a finding and keeps its name
        assert "NaN" not in sections(text)[place]


def test_odd_names_break_no_table_and_reach_no_browser(tmp_path):
    record = samples.build_record()
    plain = rows(report(tmp_path / "plain", record))
    for row in record["logp"]["terms"]:
        row["name"] = f"{ODD}<script>alert(1)</script>"
    record["model"]["graph"]["by_factor"][0]["name"] = ODD
    record["asked"]["components"] = {ODD: True, "__init__": False}
    record["title"] = f"# {ODD}"
    text = report(tmp_path / "odd", record)
    assert rows(text) == plain
    page = (tmp_path / "odd" / f"report_{record['group']}.html").read_text(encoding="utf-8")
    assert "<script" not in page and "<b>" not in page
    assert "cost_|_&lt;b&gt;*x*`y`" in page


def test_an_error_shows_stage_type_message_and_a_folded_traceback(tmp_path):
    record = samples.error_record()
    text = report(tmp_path, record)
    said = text.split("## Sampling summary")[0]
    for word in ("compile", "`RuntimeError`", r"no room for \<graph\>"):
        assert word in said
    fence = next(token for token in parsed(text) if token.type == "fence")
    assert fence.content.rstrip("\n") == record["error"]["traceback"].rstrip("\n")
    page = (tmp_path / f"report_{record['group']}.html").read_text(encoding="utf-8")
    assert "<details><summary>Traceback</summary>" in page and "<details open" not in page


def test_the_page_needs_nothing_but_itself(tmp_path):
    record = samples.build_record()
    report(tmp_path, record, plots=True)
    page = (tmp_path / f"report_{record['group']}.html").read_text(encoding="utf-8")
    assert re.findall(r'<img[^>]* src="(.{22})', page) == ["data:image/png;base64,"]
    assert "http" not in re.sub(r'href="[^"]*"', "", page)
    assert "<script" not in page and "@import" not in page and "url(" not in page
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page and "@media print" in page


def test_links_to_reports_lead_to_pages_in_the_page(tmp_path):
    page = html.page("t", "[one](report_group_1_x.md) [notes](notes.md)", tmp_path)
    assert 'href="report_group_1_x.html"' in page and 'href="notes.md"' in page


def test_the_script_runs_by_hand(tmp_path):
    record = samples.build_record()
    samples.write_results(tmp_path, record)
    path = samples.results_of(tmp_path, record)
    for script in ("plot_group.py", "report_group.py"):
        done = run_script(script, "--record", str(path))
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "report_group_1_build_only_sanity.html").is_file()
    missing = run_script("report_group.py", "--record", str(tmp_path / "none.json"))
    assert (
        missing.returncode == 1
        and missing.stderr.count("\n") == 1
        and "judge the group first" in missing.stderr
    )


def run_script(name: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_a_record_not_yet_judged_still_gives_a_report(tmp_path):
    record = samples.build_record()
    del record["checks"], record["verdict"]
    path = tmp_path / "results" / "measured.json"
    write_json(path, record)
    assert read_json(path)["group"] == record["group"]
    text = write_report(path, tmp_path / "none", tmp_path)["md"].read_text(encoding="utf-8")
    assert "NOT JUDGED" in text and "has not been judged yet" in sections(text)["Interpretation"]


def test_values_are_counted_beside_discrete_variables(tmp_path):
    record = samples.ladder()[0]
    record["model"] |= {"n_free_rvs": 3, "n_values": 2, "discrete": ["k"]}
    said = "3 free variables with 2 continuous values in all, beside the discrete `k`"
    assert said in report(tmp_path, record)


def test_the_answer_stands_before_the_sections(tmp_path):
    record = samples.sampling_record(3)
    said = report(tmp_path, record).split("## Sampling summary")[0]
    for key in ("interpretation", "next_action"):
        assert " ".join(record["verdict"][key].split())[:40] in said
    assert "report_summary" not in said


def test_a_group_of_a_ladder_with_a_summary_leads_back_to_it(tmp_path):
    (tmp_path / "report_summary.md").touch()
    record = samples.sampling_record(3)
    report(tmp_path, record)
    page = (tmp_path / f"report_{record['group']}.html").read_text(encoding="utf-8")
    assert 'href="report_summary.html"' in page


def test_a_page_to_be_embedded_has_no_link_and_every_page_has_the_version(tmp_path):
    (tmp_path / "report_summary.md").touch()
    record = samples.build_record()
    report(tmp_path, record, plots=True)
    name = f"report_{record['group']}.html"
    page, embedded = ((tmp_path / folder / name).read_text(encoding="utf-8") for folder in ("", "embedded"))
    assert "<a " in page and "<a " not in embedded and "</a>" not in embedded
    assert "data:image/png;base64," in embedded and "Summary of all groups" in embedded
    assert f"Faultline {__version__}" in page and f"Faultline {__version__}" in embedded
