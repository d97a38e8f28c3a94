"""The summary: the answer first, every group in the table, and nothing that a missing record can break."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import report_samples as samples
from report_draws import eight_schools, save_draws
from test_report import links, rows, run_script, sections
from verdict_records import LADDER, judged, ladder, measured, sized

from faultline.core.record import read_json, validate, write_json
from faultline.core.sections.record import Record
from faultline.diagnosis import answering
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.suspects import Suspect
from faultline.findings.finding import SCORE_FOUND, SCORE_UNDECIDED
from faultline.report import first_screen
from faultline.report.group_page import write_report
from faultline.report.plots.stage import plot_group
from faultline.report.sections import overview
from faultline.report.summary import read_records, write_summary
from faultline.store.suite import Suite


@pytest.fixture
def suite(tmp_path) -> Path:
    return samples.write_results(tmp_path, *samples.ladder())


def summary(suite: Path, groups=None) -> tuple[dict, str]:
    found = write_summary(suite, read_records(suite, groups))
    return found, (suite / "report_summary.md").read_text(encoding="utf-8")


def changed(suite: Path, number: int, **sections_) -> None:
    path = suite / "results" / f"results_{samples.NAMES[number - 1]}.json"
    write_json(path, read_json(path) | sections_)


def test_the_top_answers_in_plain_words(suite):
    found, text = summary(suite)
    top = text.split("## All groups")[0]
    assert found["component"] == "core model" and found["cause_class"] == "a"
    assert "**✗ Geometry: the core of the model fails with every component off.**" in top
    assert (
        "**✗ A bug: the same evidence counted twice, in `y_obs` and `dir_hmm_potential` (group 1).**" in top
    )
    assert "**What to change:**\n\n1. For the core model in group 3: " in top
    assert "\n2. For `y_obs` and `dir_hmm_potential` in group 1: " in top
    assert "**How sure:** medium: " in top
    assert re.search(r"- Group 3: 48 of 200 draws diverge.* \(limit: at most [\d.]+\)\.", top)


def test_why_the_answer_is_not_about_the_first_group_to_fail_is_said_at_once(suite):
    top = summary(suite)[1].split("## All groups")[0]
    assert (
        "The first group to fail is group 1. What fails there is a fault in its own right, but not all" in top
    )
    assert "So the fault of group 3 comes first." in top


def test_odd_names_in_the_answer_reach_no_browser(suite):
    odd = "x`</strong><script>alert(1)</script>[y](javascript:alert(1))"
    record = samples.build_record()
    for check in record["checks"]:
        if check["passed"] is False and check["role"] == "fault":
            check |= {"names": [odd, "z"], "note": f"counted twice: {odd} and z"}
    samples.write_results(suite, record)
    found, _ = summary(suite)
    page = (suite / "report_summary.html").read_text(encoding="utf-8")
    assert any(odd in line for line in found["answer"]["also"])
    assert "<script" not in page and 'href="javascript' not in page and "&lt;script&gt;" in page


def test_the_kind_of_cause_stands_once_at_the_top_in_words(suite):
    found, text = summary(suite)
    top = text.split("## All groups")[0]
    assert top.count("Geometry") == 1 and found["answer"]["cause"] not in top
    assert not re.search(r"\([abcdh]\)", text)


def test_what_several_groups_found_alike_is_said_once():
    row = {"check": "indices_in_bounds", "note": "15 of 120 are outside", "threshold": 0, "comparison": "=="}
    rows = [{"group": f"group_{number}_x", **row} for number in (1, 2, 4)]
    other = {"group": "group_3_x", **row, "note": "another"}
    first, second = answering._shown([rows[0], other, *rows[1:]])
    assert (first.groups, second.note) == (("group_1_x", "group_2_x", "group_4_x"), "another")


def accused(*names: str, check: str = "terms_counted_once", score: float = SCORE_FOUND) -> Suspect:
    row = {"group": "group_1_x", "check": check, "note": "seen"}
    return Suspect(names, score, "c", "measured", Record.of(judged(measured(1))), (row,))


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([accused("x", "y")], 0),
        ([accused("x", "y", check="indices_in_bounds")], 1),
        ([accused("z", "y", "x", check="indices_in_bounds")], 0),
        ([accused("x", "other")], 1),
        ([accused("x", "y", "z", "other")], 1),
        ([accused("a", "b"), accused("a"), accused("b")], 1),
        ([accused("other", score=SCORE_UNDECIDED)], 0),
    ],
)
def test_less_of_what_a_check_found_is_told_once(others, told):
    found = answering._also([accused("x", "y", "z"), *others], [])
    assert len(found) == told and all(line.endswith(f"({LADDER[1][0]})") for line in found)


def test_what_ties_for_the_first_place_is_not_also_established():
    tied = [accused("x"), accused("y")]
    assert len(answering._also([*tied, accused("other")], tied)) == 1


def test_the_answer_in_the_json_is_the_one_on_the_page(suite):
    found, text = summary(suite)
    stored = Answer.of(read_json(suite / "results" / "summary.json")["answer"])
    assert stored.as_dict() == found["answer"]
    assert first_screen.markdown(stored, suite).strip() in text


def test_first_failing_group_and_what_it_implies(suite):
    found, text = summary(suite)
    said = sections(text)["First group to fail, and what it implies"]
    assert found["first_failing_group"] == samples.NAMES[0]
    assert re.search(r"first failing group: group 1\. Build-only sanity", said, re.IGNORECASE)
    assert "Every component is off there" in said
    assert "group_3_" not in re.sub(r"\(report_.*?\)", "", said)


def test_all_groups_are_in_the_table_with_their_figures(suite):
    table = sections(summary(suite)[1])["All groups"]
    lines = table.splitlines()[2:]
    assert len(lines) == 7
    assert "✗ FAIL | 48 of 200 | 1.31 |" in lines[2]
    assert "✓ PASS | 0 of 2,000 |" in lines[6] and lines[6].endswith("| longer |")
    assert "! ERROR" in lines[4] and "stopped at compile: RuntimeError" in lines[4]
    assert set(rows(table)) == {9}


def test_the_json_fits_its_schema_and_says_the_same(suite):
    found, _ = summary(suite)
    stored = json.loads((suite / "results" / "summary.json").read_text(encoding="utf-8"))
    assert validate(stored, "summary") == []
    assert stored["first_failing_group"] == found["first_failing_group"]
    assert [row["group"] for row in stored["groups"]] == list(samples.NAMES)


def test_missing_broken_and_invalid_records_are_rows_not_exceptions(suite):
    results = suite / "results"
    (results / f"results_{samples.NAMES[2]}.json").unlink()
    (results / f"results_{samples.NAMES[3]}.json").write_text("{ half a rec", encoding="utf-8")
    write_json(results / f"results_{samples.NAMES[4]}.json", {"group": samples.NAMES[4]})
    _, text = summary(suite, samples.NAMES)
    lines = sections(text)["All groups"].splitlines()[2:]
    for line, reason in zip(lines[2:5], ("no record", "cannot be read", "not valid"), strict=True):
        assert "– NOT RUN" in line and reason in line


def test_a_suite_without_any_group_still_has_a_page(tmp_path):
    found, text = summary(tmp_path, samples.NAMES)
    assert found["outcome"] == "not_run" and found["first_failing_group"] is None
    assert text.count("NOT RUN") == 7
    assert "First failing group: none" in text
    assert summary(tmp_path / "empty")[0]["groups"] == []


def test_groups_are_found_without_being_named_and_run_copies_are_none(suite):
    assert [row["number"] for row in summary(suite)[0]["groups"]] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 7),
        ("dataset", "other.npz"),
        ("variants", {"root": "positions"}),
        ("case", "mine.py"),
        ("max_T", None),
    ],
)
def test_a_group_that_answers_another_question_is_shown_as_such_and_does_not_count(suite, key, value):
    before, _ = summary(suite)
    path = suite / "results" / f"results_{samples.NAMES[5]}.json"
    asked = read_json(path)["asked"]
    changed(suite, 6, asked=asked | {key: value})
    found, _ = summary(suite)
    row = found["groups"][5]
    assert row["outcome"] == "not_run" and before["groups"][5]["outcome"] != "not_run"
    (stranger,) = [record for record in read_records(suite) if record.not_run]
    assert f"answers another request ({key} " in stranger.not_run


def test_another_model_or_dataset_is_another_question(suite):
    changed(suite, 4, fingerprints={"dataset": "ab" * 32, "model_source": "ef" * 32})
    (stranger,) = [record for record in read_records(suite) if record.not_run]
    assert stranger.group == samples.NAMES[3] and "source of the model" in stranger.not_run


def test_what_the_suite_was_asked_for_decides_not_the_majority(suite):
    for number in range(1, 8):
        changed(suite, number, request=f"{number}" * 32)
    keys = {name: {"measured": f"{n}" * 32, "judged": ""} for n, name in enumerate(samples.NAMES, start=1)}
    Suite(suite).ask(
        "summary", {"key": "0" * 32, "groups": keys | {samples.NAMES[2]: {"measured": "a" * 32}}}
    )
    strangers = [record.group for record in read_records(suite) if record.not_run]
    assert strangers == [samples.NAMES[2]]


def test_one_configuration_is_not_called_mixed(suite):
    assert "Mixed settings" not in summary(suite)[1]


def test_links_and_pictures_resolve(suite):
    records = samples.ladder()
    for record in records[:3]:
        path, plots = samples.results_of(suite, record), suite / "plots" / record["group"]
        draws = None
        if record["number"] == 3:
            draws = save_draws(suite / "draws.nc", asked=eight_schools(True))
        plot_group(path, draws, plots)
        write_report(path, plots, suite)
    _, text = summary(suite)
    targets = links(text)
    assert f"plots/{samples.NAMES[2]}/divergence_pairs.png" in targets
    assert f"report_{samples.NAMES[0]}.md" in targets and f"report_{samples.NAMES[3]}.md" not in targets
    assert all((suite / unquote(target)).exists() for target in targets)
    page = (suite / "report_summary.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert f'href="report_{samples.NAMES[0]}.html"' in page


def test_a_picture_of_words_is_not_shown(suite):
    record = samples.sampling_record(3)
    plot_group(samples.results_of(suite, record), None, suite / "plots" / record["group"])
    text = summary(suite)[1]
    assert "divergence_pairs.png" not in text and "rhat_ess.png" in text


def test_legacy_files_are_mentioned_when_there_are_any(suite):
    assert "earlier tools" not in summary(suite)[1]
    (suite / "archive").mkdir()
    (suite / "archive" / "results_tg1.json").write_text("{}")
    assert "1 file of earlier tools in [`archive/`](archive/)" in summary(suite)[1]


def test_the_same_records_give_the_same_page(suite):
    assert summary(suite) == summary(suite)


def test_a_sound_ladder_is_a_pass_that_claims_nothing_more(tmp_path):
    records = [
        samples.gradient_record(sound=True),
        *(samples.sampling_record(n, sound=True) for n in (3, 4, 5, 6, 7)),
    ]
    samples.write_results(tmp_path, *records)
    found, text = summary(tmp_path)
    assert found["outcome"] == "pass"
    assert text.startswith("# Diagnosis of gimbal\n\n**✓ No fault found: every group passed.**")
    assert "First failing group: none" in text
    assert {row["fault"]: row["group"][:7] for row in found["caught"]} == {
        "divergences": "group_6",
        "chain_apart": "group_6",
        "second_mode": "group_6",
        "gradient": "group_2",
    }
    assert "divergences in" in sections(text)["What this run would have caught"]


def test_only_a_pass_says_what_would_have_been_caught(suite):
    found, text = summary(suite)
    assert "caught" not in found and "What this run would have caught" not in text


def test_unknown_figures_are_called_unknown(suite):
    for record in samples.ladder():
        samples.write_results(suite, samples.without_values(record))
    found = sections(summary(suite)[1])
    assert "unknown of unknown | unknown | unknown | unknown | unknown" in found["All groups"]
    assert not re.search(r"\b(None|nan|NaN)\b", found["All groups"] + found["How the groups were run"])


def test_the_script_runs_by_hand(suite):
    done = run_script("report_summary.py", "--suite_dir", str(suite), "--groups", *samples.NAMES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(suite / "report_summary.md")
    named = [str(suite / "results" / f"results_{name}.json") for name in samples.NAMES[:2]]
    assert run_script("report_summary.py", "--suite_dir", str(suite), "--records", *named).returncode == 0
    assert sections((suite / "report_summary.md").read_text())["All groups"].count("\n") == 3
    missing = run_script("report_summary.py", "--suite_dir", str(suite / "none"))
    assert missing.returncode == 1 and missing.stderr.count("\n") == 1


def test_the_size_ladder_has_its_sentence_its_picture_and_its_rows(tmp_path):
    records = [
        *ladder(),
        judged(sized(200, 8)),
        judged(sized(500, 9, "fail")),
        judged(sized(1800, 10, "error")),
    ]
    samples.write_results(tmp_path, *records)
    names = [
        tmp_path / "results" / f"results_{record['group']}.json"
        for record in records[5:]
        if record["number"] != 7
    ]
    picture = tmp_path / "plots" / "size_ladder.png"
    done = run_script("plot_size_ladder.py", "--records", *map(str, names), "--output", str(picture))
    assert done.returncode == 0, done.stderr
    assert "fails at T 500" in done.stdout
    found, text = summary(tmp_path)
    said = sections(text)["Size ladder"]
    assert said.startswith(
        "The full model passes at T 80 and 200; fails at T 500; does not decide at T 1800."
    )
    assert "(plots/size_ladder.png)" in said
    lines = said.splitlines()[-4:]
    assert [line.split("|")[1].strip() for line in lines] == ["80", "200", "500", "1,800"]
    assert "✗ FAIL | 9 | 0.3 | 1.06 | 120 | 48 of 200 | 20 s | 100 ms | as asked" in lines[2]
    assert "! ERROR" in lines[3] and "not sampled" in lines[3]
    assert set(rows(said)) == {11}
    assert (found["component"], len(found["sizes"])) == ("size", 4)
    assert "✗ Geometry: the model fails only when it is large." in text
    assert "Mixed settings" not in text
    assert (tmp_path / "report_summary.html").read_text().count("data:image/png;base64,") == 1


def test_without_sizes_there_is_no_size_ladder(suite):
    assert "Size ladder" not in summary(suite)[1]


def test_the_picture_of_sizes_needs_its_records(tmp_path):
    done = run_script(
        "plot_size_ladder.py", "--records", str(tmp_path / "no.json"), "--output", str(tmp_path / "p.png")
    )
    assert done.returncode == 1 and done.stderr.startswith("error: there is no record")


def test_a_pass_says_that_every_group_passed_only_if_each_did(tmp_path):
    records = [samples.gradient_record(sound=True), samples.sampling_record(3, sound=True)]
    samples.write_results(tmp_path, *records)
    found = summary(tmp_path)[0]
    groups = [{**row, "outcome": "inconclusive"} for row in found["groups"]]
    said = answering.answer({**found, "groups": groups}, Groups(map(Record.of, records)), [], [], "")
    assert said.headline == "no fault found: the model samples well"


def test_how_sure_an_answer_is_that_there_is_not(tmp_path):
    record = samples.sampling_record(3, sound=True)
    record["verdict"]["outcome"] = "inconclusive"
    samples.write_results(tmp_path, record)
    assert "**How sure:** undecided: nothing is decided yet." in summary(tmp_path)[1]


@pytest.mark.parametrize(
    ("outcome", "component", "cause", "sure", "wrong"),
    [
        ("fail", "tau + theta", "a", "medium", True),
        ("fail", "tau + theta", "a", "low", False),
        ("fail", "unknown", None, "medium", False),
        ("fail", None, "unknown", "low", False),
        ("pass", None, None, "medium", False),
        ("error", "y", "b", "high", False),
        ("inconclusive", "y", "a", "medium", False),
        ("not_run", None, None, "low", False),
    ],
)
def test_only_a_model_that_is_known_to_be_wrong_is_called_so(outcome, component, cause, sure, wrong):
    content = {"case": "x/schools.py", "outcome": outcome, "component": component}
    heading = overview.title({**content, "cause_class": cause, "confidence": sure})
    assert heading == ("What is wrong with schools" if wrong else "Diagnosis of schools")
