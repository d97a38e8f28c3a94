"""The store: keys hold all that is read, objects are whole or not there, and fixed names show what was asked for last."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import itertools
import json
import os
import shutil
import time
from dataclasses import replace

import generated
import numpy as np
import pytest

from faultline.cli import prune
from faultline.core.errors import InputError
from faultline.core.record import write_json
from faultline.criteria.remedies import UNCHANGED, Asked, Proposal, Remedy
from faultline.experiments import EXPERIMENTS
from faultline.jobs.rounds import in_rounds
from faultline.jobs.stages import inputs
from faultline.plan import designs
from faultline.plan.config import load
from faultline.plan.ladder import Group, groups
from faultline.plan.requests import Planner
from faultline.plan.stage_keys import JUDGE, MEASURE, PLOT, modules_of
from faultline.plan.trial import Change, Trial
from faultline.store import keys
from faultline.store.objects import Store
from faultline.store.suite import Suite, named, only_looking
from faultline.targets.case import read_signature
from faultline.targets.opened import MISSING, Opened, content, read_log


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def kept(store: Store, key: str = "a" * 32, text: str = "{}", **reads: str) -> str:
    (store.root / "made").mkdir(parents=True, exist_ok=True)
    path = store.root / "made" / "results.json"
    path.write_text(text)
    store.keep(key, {"results.json": path}, reads)
    store.write_receipt("judge", key)
    return key


# --- keys


def test_a_digest_follows_content_whatever_the_dates(tmp_path):
    path, digests = tmp_path / "model.py", keys.Digests(tmp_path / "digests.json")
    path.write_text("A")
    os.utime(path, (1, 1))
    first = digests.of(path)
    other = tmp_path / "other"
    other.write_text("B")
    os.utime(other, (1, 1))
    shutil.copystat(path, other)
    other.replace(path)
    assert digests.of(path) != first
    path.write_text("A")
    assert digests.of(path) == first


def test_what_was_learned_is_kept_and_a_damaged_cache_is_made_anew(tmp_path, monkeypatch):
    path, cache = tmp_path / "model.py", tmp_path / "digests.json"
    path.write_text("A")
    monkeypatch.setattr(keys, "SETTLED_NS", -1)
    digests = keys.Digests(cache)
    found = digests.of(path)
    digests.save()
    monkeypatch.setattr(keys, "file_digest", lambda path: pytest.fail("read again"))
    assert keys.Digests(cache).of(path) == found
    monkeypatch.undo()
    for damage in ("", "[]", '{"files": 3, "imports": {}}', cache.read_text()[:-20]):
        cache.write_text(damage)
        assert keys.Digests(cache).of(path) == found


def test_imports_are_found_at_the_top_inside_and_by_name():
    source = """
from typing import TYPE_CHECKING
import numpy, faultline.engine.layout
from faultline.core import record
from faultline.report.plots.style import look
if TYPE_CHECKING:
    from faultline.experiments.ablation import Ablation
def late():
    from faultline.report.group_page import write_report
    importlib.import_module(f"faultline.engine.samplers.{name}")
    command = ["-m", "faultline.run.worker"]
    "a sentence about faultline.report.html"
    CASE = "faultline.cases.gimbal.model", f"faultline.cases.{name}.model"
"""
    found = set(keys._imports(ast.parse(source)))
    assert {
        "faultline.engine.layout",
        "faultline.core.record",
        "faultline.report.plots.style",
        "faultline.report.group_page",
    } <= found
    assert {"faultline.engine.samplers.*", "faultline.run.worker"} <= found
    assert (
        not {
            "faultline.experiments.ablation.Ablation",
            "faultline.report.html",
            "numpy",
            "faultline.cases.gimbal.model",
            "faultline.cases.*",
        }
        & found
    )


def test_a_page_depends_on_its_template(store):
    found = keys.closure(["faultline.report.summary"], store.digests)
    templates = {path.name for path in (keys.PACKAGE / "report" / "templates").glob("*.jinja")}
    assert templates and {f"faultline.report.templates/{name}" for name in templates} <= found.keys()


def test_words_and_pictures_are_no_part_of_a_measurement_and_rules_none_of_a_picture(store):
    def modules(stage, kind=None):
        found = keys.closure(modules_of(stage, kind), store.digests)
        return {name.removeprefix("faultline.") for name in found}

    measuring = modules(MEASURE, "sampling")
    assert {
        "run.worker",
        "probes.logp",
        "engine.samplers.blackjax_kernel",
        "criteria.thresholds",
    } <= measuring
    heads = {name.split(".")[0] for name in measuring}
    assert not heads & {"findings", "diagnosis", "report", "jobs", "cli"}
    assert {"diagnosis.rules", "diagnosis.interpretation", "criteria.thresholds"} <= modules(JUDGE)
    assert {f"report.plots.{name}" for name in ("pairs", "suspects", "style")} <= modules(PLOT)
    rules = {"findings.build", "findings.density", "findings.geometry", "diagnosis.rules"}
    assert not rules & modules(PLOT)


@pytest.mark.parametrize("kind", [experiment.kind for experiment in EXPERIMENTS])
def test_a_limit_or_a_sentence_of_a_rule_is_no_part_of_a_measurement(store, kind):
    measuring = set(keys.closure(modules_of(MEASURE, kind), store.digests))
    judging = set(keys.closure(modules_of(JUDGE), store.digests))
    files = [path for path in generated.LIMITS["judging"] if any(generated.limits(path))]
    limits = {name for name, path in keys.modules().items() if path in files}
    assert len(limits) == len(files) and not limits & measuring
    assert {name for name in limits if ".findings." in name} | {"faultline.findings.advice"} <= judging
    samples = kind != "pipeline"  # whose limits are the case's own
    assert ("faultline.criteria.thresholds" in measuring) == samples
    assert "faultline.criteria.thresholds" in judging


# --- objects


def test_an_object_is_found_by_what_it_was_made_of(store):
    key = kept(store, text='{"x": 1}', **{"b" * 32: "digest"})
    assert store.contents(key)["reads"] == {"b" * 32: "digest"}
    assert store.read_json(key, "results.json") == {"x": 1}


@pytest.mark.parametrize("damage", [b"", b'{"x": 2}', None])
def test_a_damaged_file_is_one_sentence_and_is_set_aside(store, damage):
    key = kept(store)
    path = store.folder(key) / "results.json"
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(InputError, match="damaged.*run the same command again"):
        store.read(key, "results.json")
    assert not store.folder(key).exists() and not store.receipt_path("judge", key).exists()
    assert kept(store, key) and store.read(key, "results.json").is_file()


@pytest.mark.parametrize("damage", ["", "[]", '{"files": 3}', '{"files": {}'])
def test_damaged_digests_mean_that_there_is_no_object(store, damage):
    key = kept(store)
    (store.folder(key) / "digests.json").write_text(damage)
    assert store.contents(key) is None and not store.folder(key).exists()


def test_a_request_that_was_changed_is_no_request(store):
    key = store.ask({"stage": "measure", "seed": 1})
    store.request_path(key).write_text(json.dumps({"stage": "measure", "seed": 2}))
    with pytest.raises(InputError, match="was changed"):
        store.request(key)
    assert store.ask({"stage": "measure", "seed": 1}) == key and store.request(key)["seed"] == 1


# --- plans

CASE = "def build(*, part: bool = True): ..."


@pytest.fixture
def plan(store, tmp_path, monkeypatch):
    """The plan of a small case; settings as options."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(CASE)

    def make(again=(), tries_again=True, **settings):
        config = load({"case": "model.py", **settings})
        signature = read_signature("model.py")
        variants = signature.choose_variants(config.variants)
        planner = Planner(Store(store.root), config, signature, variants, tries_again=tries_again)
        plan = planner.plan(
            groups(signature, config.components, config.groups.sizes, own_runs=config.own_runs), again
        )
        planner.write({})
        return plan

    return make


def test_a_design_that_drops_what_it_asked_for_does_not_ask_for_ever(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(CASE)
    signature = read_signature("model.py")
    planner, ladder = Planner(store, load({"case": "model.py"}), signature, {}), groups(signature)
    asked = itertools.cycle([ladder, ladder[1:]])
    with pytest.raises(ValueError, match="no longer asks for group_1_build_only_sanity"):
        in_rounds(planner, store, lambda outcomes: next(asked), lambda ladder: [], grows=True)


def test_where_an_order_is_tried_four_chains_tell_whether_they_settle_in_one(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("def build(): ...")
    signature = read_signature("model.py")
    ladder = groups(signature)
    for kind, given, chains in (("ordered", 2, 4), ("non_centered", 2, 2), ("signs", 8, 8)):
        planner = Planner(store, load({"case": "model.py", "sampler": {"chains": given}}), signature, {})
        change = Remedy.of([{"kind": kind, "names": ["a"]}])
        plan = planner.plan(ladder, (), remedies=(Proposal((change,)), [Asked(UNCHANGED), Asked(change)]))
        requests = [plan.requests[key] for key in plan.remedies.measured]
        assert [request["sampler"]["chains"] for request in requests] == [chains, chains]


def keys_of(plan) -> dict[str, str]:
    return {name: group.measured for name, group in plan.groups.items()}


def test_names_are_in_no_key_and_what_decides_is(plan, tmp_path):
    first = keys_of(plan())
    assert keys_of(plan(suite="other", run_id="another")) == first
    other = keys_of(plan(seed=7))
    assert not set(other.values()) & set(first.values())
    draws = keys_of(plan(sampler={"draws": 50}))
    assert [draws[name] == first[name] for name in first] == [True, True, False, False]
    (tmp_path / "model.py").write_text(CASE + "  # edited")
    assert not set(keys_of(plan()).values()) & set(first.values())


def test_the_user_s_own_run_has_its_own_settings_and_no_others(plan):
    first = keys_of(plan())
    asked = [keys_of(plan(as_yours=own)) for own in ({}, {"tune": 0}, {"tune": 0, "cores": 3})]
    (name,) = asked[0].keys() - first.keys()
    assert all(keys | first == keys for keys in asked)
    assert asked[0][name] != asked[1][name] == asked[2][name]
    made = plan(as_yours={"tune": 0}, sampler={"draws": 50})
    request = made.requests[made.groups[name].measured]
    assert (made.groups[name].measured, request["as_yours"], request["sampler"]) == (
        asked[1][name],
        {"tune": 0},
        None,
    )


def test_draws_beside_a_model_are_measured_as_draws_alone(plan, store, tmp_path):
    first = keys_of(plan())
    (tmp_path / "draws.nc").write_text("some draws")
    both = keys_of(plan(idata="draws.nc", as_yours={}))
    yours, draws = both.keys() - first.keys() - {"group_6_draws_as_given"}, both["group_6_draws_as_given"]
    looks = {"group_2_gradient_sanity"}  # at the draws
    assert {name for name in first if both[name] != first[name]} == looks and len(yours) == 1
    alone = Planner(store, load({"case": "draws.nc"}), read_signature("draws.nc"), {})
    assert (
        alone.plan(designs.groups(read_signature("draws.nc"))).groups["group_1_draws_as_given"].measured
        == draws
    )
    (tmp_path / "draws.nc").write_text("other draws")
    again = keys_of(plan(idata="draws.nc", as_yours={}))
    assert {name for name, key in again.items() if key != both[name]} == {
        *yours,
        *looks,
        "group_6_draws_as_given",
    }
    (tmp_path / "model.py").write_text(CASE + "  # edited")
    assert keys_of(plan(idata="draws.nc"))["group_5_draws_as_given"] == again["group_6_draws_as_given"]


def test_the_content_of_draws_is_asked_for_wherever_they_stand(plan, store, tmp_path):
    def asked(path):
        keys = keys_of(plan(idata=path, as_yours={}))
        return {name: key for name, key in keys.items() if "draws_as_given" not in name}

    (tmp_path / "other").mkdir()
    for place in ("draws.nc", "other/same.nc"):
        (tmp_path / place).write_text("some draws")
    assert asked("draws.nc") == asked("other/same.nc")
    sha256 = store.digests.of(tmp_path / "draws.nc")
    assert store.place_of(sha256) == tmp_path / "draws.nc"
    # Where they were is gone: the next command says where they are now.
    (tmp_path / "draws.nc").write_text("other draws")
    with pytest.raises(InputError, match="the draws in idata have changed since this run was planned"):
        store.place_of(sha256)
    asked("other/same.nc")
    assert store.place_of(sha256) == tmp_path / "other" / "same.nc"


def test_taking_apart_reads_the_run_that_sampled_the_model(plan, store):
    alone = {"components": {"part": False}}
    sampling, apart = "group_3_sampling_baseline_minimal", "group_5_taken_apart"
    first = plan(**alone)
    assert set(first.groups) >= {sampling, apart}
    assert inputs(first.requests[first.groups[apart].measured]) == [first.groups[sampling].measured]
    assert first.groups[apart].first == {first.groups[sampling].measured: "group_3"}
    assert not first.groups[sampling].first
    # Sampling it again makes both anew, and then both stand.
    again = keys_of(plan([sampling], **alone))
    assert {name for name, key in again.items() if key != keys_of(first)[name]} == {sampling, apart}
    assert keys_of(plan(**alone)) == again


def test_all_that_a_trial_changes_is_in_its_key(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(CASE)
    signature = read_signature("model.py")
    planner = Planner(store, load({"case": "model.py"}), signature, {"root": "increments"})
    plain = Trial("sampling", {"part": True})
    trials = [
        plain,
        *(
            replace(plain, change=Change(**change))
            for change in (
                {"held": {"mu": 1.0}},
                {"held": {"mu": 2.0}},
                {"dropped": ("y",)},
                {"start": {"mu": 1.0}},
                {"sampler": {"draws": 50}},
            )
        ),
        replace(plain, seeds=(7,)),
        replace(plain, limits={"total": 60.0}),
        replace(plain, reads={"before": plain}),
        replace(plain, change=Change(variants={"root": "positions"})),
    ]
    planned = [planner.group(Group(1, "group_1_a", "A", trial), []) for trial in trials]
    keys = [one.measured for one in planned]
    assert len(set(keys)) == len(keys)
    requests = [planner.requests[key] for key in keys]
    assert requests[1]["held"] == {"mu": 1.0} and requests[3]["dropped"] == ["y"]
    assert requests[5]["sampler"] == {**requests[0]["sampler"], "draws": 50}
    assert requests[6]["seed"] == 7 and "seeds" not in requests[6]
    assert requests[7]["limits"] == {**requests[0]["limits"], "total": 60.0}
    assert inputs(requests[8]) == [keys[0]] and planned[8].first == {keys[0]: "before"}
    assert requests[9]["variants"] == {"root": "positions"}
    with pytest.raises(ValueError, match="'sampling' makes no replicates"):
        planner.group(Group(1, "group_1_a", "A", replace(plain, seeds=(7, 8))), [])
    # A name changes nothing.
    assert planner.group(Group(2, "group_2_b", "B", plain), []).measured == keys[0]


@pytest.mark.parametrize("what", ["held", "start"])
def test_an_array_and_the_list_of_its_values_are_one_change(what):
    change = Change(**{what: {"mu": np.array([1.0, 2.0]), "tau": np.float64(3)}})
    assert change == Change(**{what: {"mu": [1.0, 2.0], "tau": 3.0}})
    assert keys.key_of(change.to_model()) == keys.key_of({what: {"mu": [1.0, 2.0], "tau": 3.0}})


def test_an_accident_is_tried_once_more_and_then_stands(plan, store):
    first = plan()
    key = keys_of(first)["group_1_build_only_sanity"]
    store.note(key, accident="a signal")
    second = keys_of(plan())["group_1_build_only_sanity"]
    assert second != key
    assert plan().requests[second]["after_accident"] is True
    # Who only looks asks for what there is: the result of the accident, until there is another.
    assert keys_of(plan(tries_again=False))["group_1_build_only_sanity"] == key
    kept(store, second)
    assert keys_of(plan(tries_again=False))["group_1_build_only_sanity"] == second
    store.note(second, accident="a signal")
    assert keys_of(plan())["group_1_build_only_sanity"] == second


def test_asking_again_is_another_key_and_stays(plan):
    name = "group_1_build_only_sanity"
    first = keys_of(plan())
    second = keys_of(plan(again=[name]))
    assert {n for n in first if first[n] != second[n]} == {name}
    assert keys_of(plan()) == second
    assert keys_of(plan(again=[name]))[name] not in (first[name], second[name])


def test_another_content_of_a_file_that_the_model_opened_is_another_key(plan, store, tmp_path):
    name, data = "group_1_build_only_sanity", tmp_path / "data.csv"
    key = keys_of(plan())[name]
    data.write_text("1")
    store.note(key, opened={str(data): keys.file_digest(data)})
    assert keys_of(plan())[name] == key, "nothing has changed since it was measured"
    data.write_text("2")
    second = keys_of(plan())[name]
    assert second != key
    store.note(second, opened={str(data): keys.file_digest(data)})
    assert keys_of(plan())[name] == second
    data.unlink()
    assert keys_of(plan())[name] not in (key, second)
    data.write_text("1")
    assert keys_of(plan())[name] == key


# --- what a model opens


def test_what_a_model_reads_is_seen_and_what_it_writes_is_not(tmp_path, monkeypatch):
    log, model = tmp_path / "opened.jsonl", tmp_path / "model.py"
    for name in ("data.csv", "known.npz"):
        (tmp_path / name).write_text("1")
    model.write_text(
        "from pathlib import Path\n"
        "def build():\n"
        "    open('data.csv').read(); open('known.npz').read()\n"
        "    Path('cache').write_text('x'); open('cache').read()\n"
        "    try: open('nowhere.csv')\n"
        "    except OSError: pass\n"
    )
    monkeypatch.chdir(tmp_path)
    opened = Opened(log, [tmp_path], [model, tmp_path / "known.npz"])
    scope = {}
    exec(compile(model.read_text(), str(model), "exec"), scope)
    with opened.watching():
        scope["build"]()
    open(tmp_path / "known.npz").close()
    found, changed = read_log(log)
    assert found == {  # from the current folder on: a copy of it reads its own files
        "data.csv": keys.file_digest(tmp_path / "data.csv"),
        "nowhere.csv": MISSING,
    }
    assert changed == []
    (tmp_path / "data.csv").write_text("2")
    assert [os.path.basename(path) for path in read_log(log)[1]] == ["data.csv"]


READS = {
    "a link": "open('latest.csv').read()",
    "a folder": "list(Path('data').glob('*.csv'))",
    "read and written": "open('v1.csv', 'r+').read()",
    "mapped": "np.memmap('v1.csv', dtype='u1')",
    "below a hidden folder of one's own": "open(Path('.own/d.csv').resolve()).read()",
}


@pytest.mark.parametrize("how", READS)
@pytest.mark.parametrize("at_import", [True, False])
def test_every_way_to_read_is_seen(tmp_path, monkeypatch, how, at_import):
    (tmp_path / "data").mkdir()
    (tmp_path / ".own").mkdir()
    for name in ("v1.csv", "v2.csv", "data/a.csv", ".own/d.csv"):
        (tmp_path / name).write_text(name)
    (tmp_path / "latest.csv").symlink_to("v1.csv")
    body = READS[how] if at_import else f"def build(): {READS[how]}"
    model = tmp_path / "model.py"
    model.write_text(f"from pathlib import Path\nimport numpy as np\n{body}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    opened = Opened(tmp_path / "opened.jsonl", [tmp_path], [model])
    spec = importlib.util.spec_from_file_location("faultline_case_model", model)
    module = importlib.util.module_from_spec(spec)
    with opened.watching():
        spec.loader.exec_module(module)
        if not at_import:
            module.build()
    found, changed = read_log(tmp_path / "opened.jsonl")
    assert len(found) == 1 and not changed
    (path,) = found
    (tmp_path / "latest.csv").unlink()
    (tmp_path / "latest.csv").symlink_to("v2.csv")
    for name in ("data/b.csv", "v1.csv", ".own/d.csv"):
        (tmp_path / name).write_text("another")
    assert content(path) != found[path]


def test_folders_that_every_run_changes_are_no_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in (
        "tests/diagnostics/.store/running",
        "tests/diagnostics/mine",
        ".snakemake/log",
        "__pycache__",
    ):
        (tmp_path / folder).mkdir(parents=True)
    opened = Opened(tmp_path / "opened.jsonl", [tmp_path], [])
    with opened.watching():
        list(tmp_path.rglob("*.csv"))
    found, _ = read_log(tmp_path / "opened.jsonl")
    assert {path.rstrip("/").removeprefix(str(tmp_path)) for path in found} <= {"", "tests"}


@pytest.mark.parametrize("place", [".config/matplotlib", ".cache/x", "of_xdg/x"])
def test_settings_of_libraries_are_no_input_where_a_model_stands_in_the_home_folder(
    tmp_path, monkeypatch, place
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of_xdg"))
    monkeypatch.chdir(tmp_path)

    def read(name, folder):
        opened = Opened(tmp_path / name, [folder], [])
        with opened.watching(), contextlib.suppress(FileNotFoundError):
            os.stat(tmp_path / place)
        return read_log(tmp_path / name)[0]

    assert read("home.jsonl", tmp_path) == {}
    # A model that stands there reads what is beside it.
    assert len(read("there.jsonl", (tmp_path / place).parent)) == 1


def test_a_file_that_a_model_reads_and_writes_is_no_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "count").write_text("1")
    opened = Opened(tmp_path / "opened.jsonl", [tmp_path], [])
    with opened.watching(), open("count", "r+") as file:
        file.write(str(int(file.read()) + 1))
    assert read_log(tmp_path / "opened.jsonl") == ({}, [])


def test_a_module_from_elsewhere_is_noted(tmp_path, monkeypatch):
    (tmp_path / "faultline_elsewhere.py").write_text("Y = 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    opened = Opened(tmp_path / "opened.jsonl", [], [])
    importlib.import_module("faultline_elsewhere")
    opened.note_modules()
    assert str(tmp_path / "faultline_elsewhere.py") in read_log(tmp_path / "opened.jsonl")[0]


# --- suites


def test_a_request_is_written_only_when_something_else_is_asked_or_shown(tmp_path):
    suite = Suite(tmp_path)
    suite.ask("group_1_x", {"key": "a" * 32})
    first = suite.asked("group_1_x")
    suite.ask("group_1_x", {"key": "a" * 32})
    assert suite.asked("group_1_x") == first
    with suite.publishing("group_1_x", "a" * 32) as publication:
        publication.write("results/results_group_1_x.json", {"x": 1})
    suite.ask("group_1_x", {"key": "a" * 32})
    assert suite.asked("group_1_x") == first, "what is shown is what was asked"

    (tmp_path / "results/results_group_1_x.json").write_text("{}")
    suite.ask("group_1_x", {"key": "a" * 32})
    assert suite.asked("group_1_x")["token"] != first["token"], "another content stands there"

    suite.ask("group_1_x", {"key": "b" * 32})
    suite.ask("group_1_x", {"key": "a" * 32})
    assert suite.asked("group_1_x")["token"] != first["token"], "a content never comes back"


def test_what_is_no_longer_asked_is_not_published(tmp_path):
    suite = Suite(tmp_path)
    suite.ask("group_1_x", {"key": "b" * 32})
    with (
        pytest.raises(InputError, match="another run has since changed"),
        suite.publishing("group_1_x", "a" * 32),
    ):
        pass


def test_nothing_is_published_outside_the_suite(tmp_path):
    fits = tmp_path / "tests/pipeline/fits"
    fits.mkdir(parents=True)
    suite = Suite(tmp_path / "suite")
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite/results").symlink_to(fits)
    suite.ask("group_1_x", {"key": "a" * 32})
    with (
        pytest.raises(InputError, match="leads outside"),
        suite.publishing("group_1_x", "a" * 32) as publication,
    ):
        publication.write("results/results_group_1_x.json", {})
    assert list(fits.iterdir()) == []
    with pytest.raises(InputError, match="reserved for fits"):
        Suite(fits / "suite")


def test_a_suite_at_work_is_left_to_whoever_was_first(tmp_path):
    first, second = Suite(tmp_path), Suite(tmp_path)
    assert first.occupy(looking=False)
    assert second.occupy(looking=True) is False
    for ask in (lambda: Suite(tmp_path).occupy(looking=False), second.check_free):
        with pytest.raises(InputError, match="another run is using"):
            ask()


@pytest.mark.parametrize(
    ("words", "looks"),
    [
        *(
            (words, True)
            for words in ("-n", "-nj4", "-j4 -np", "--dry-run", "--report x.html", "--report=x.html")
        ),
        *(
            (words, True)
            for words in ("--lint", "-l", "--list-rules", "--dag=dot", "--summ", "--list-r", "--unl")
        ),
        *((words, False) for words in ("-j4 group_1", "-j4 --report-after-run group_1", "report_summary -F")),
    ],
)
def test_who_only_looks_is_told_from_the_command_line(words, looks):
    assert only_looking(["snakemake", *words.split()]) is looks


def test_the_groups_that_a_command_names():
    names = {"group_1": "group_1_x", "group_11": "group_11_y"}
    assert named(["-j4", "group_1"], names) == ["group_1_x"]
    assert named(["tests/diagnostics/s/report_group_11_y.html"], names) == ["group_11_y"]
    assert named(["report_summary"], names) == ["group_1_x", "group_11_y"]


# --- pruning


def test_what_no_suite_refers_to_is_listed_and_only_then_removed(tmp_path, monkeypatch, capsys):
    """A suite refers to a judged record, that to its measurement; a copy under a run id to another one. What was made of what
    nobody refers to goes with it.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAULTLINE_STORE", raising=False)
    store, suite = Store(), Suite("tests/diagnostics/mine")

    def made(**request) -> str:
        key = store.ask({"stage": "judge", **request})
        (tmp_path / "made.json").write_text("{}")
        store.keep(key, {"made.json": tmp_path / "made.json"}, {})
        return key

    measured, shown, old = made(seed=1), made(seed=2), made(seed=3)
    judged, unused = made(record=measured), made(record=old)
    suite.ask("group_1", {"key": "f" * 32, "judged": judged})
    write_json(suite.folder / "results" / "results_group_1__first.json", {"request": shown})

    assert prune.main([]) == 0
    said = capsys.readouterr().out
    assert old in said and unused in said and "refers to: 2," in said
    assert not any(key in said for key in (measured, shown, judged))
    assert store.folder(old).exists()
    assert prune.main(["--delete"]) == 0
    left = {key for key in (measured, shown, judged, old, unused) if store.folder(key).exists()}
    assert left == {measured, shown, judged}


def test_where_suites_may_be_anywhere_the_last_use_decides(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAULTLINE_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    store = Store(tmp_path / "faultline" / "store")
    keys = []
    for seed, days in ((1, 40), (2, 40), (3, 10)):
        keys.append(store.ask({"stage": "judge", "seed": seed}))
        (tmp_path / "made.json").write_text("{}")
        store.keep(keys[-1], {"made.json": tmp_path / "made.json"}, {})
        then = time.time() - days * 86_400
        os.utime(store.folder(keys[-1]), (then, then))
    store.ask({"stage": "judge", "seed": 2})  # used today

    assert prune.main([]) == 0
    said = capsys.readouterr().out
    assert keys[0] in said and keys[1] not in said and "not used for 30 days: 1," in said
    assert prune.main(["--days", "5", "--delete"]) == 0
    assert [store.folder(key).exists() for key in keys] == [False, True, False]


def test_commits_that_nothing_used_is_about_go_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAULTLINE_STORE", raising=False)
    store, suite = Store(), Suite("tests/diagnostics/mine")
    for name in ("a" * 40, "b" * 40):
        (store.revisions / name).mkdir(parents=True)
        (store.revisions / name / "case.py").write_text("x = 1")
    key = store.ask({"stage": "measure", "revision": {"commit": "a" * 40}})
    suite.ask("trials", {"key": "f" * 32, "measured": [key]})
    assert prune.main(["--delete"]) == 0
    assert "b" * 40 in capsys.readouterr().out
    assert [folder.name for folder in store.revisions.iterdir()] == ["a" * 40]
    then = time.time() - 40 * 86_400
    os.utime(store.revisions / ("a" * 40), (then, then))
    suite.ask("trials", {"key": "f" * 32, "measured": []})
    assert prune.main(["--days", "50", "--delete"]) == 0 and [*store.revisions.iterdir()]
    assert prune.main(["--days", "30", "--delete"]) == 0 and not [*store.revisions.iterdir()]


def test_a_file_that_a_stage_reads_and_another_wrote_is_known(tmp_path):
    """Of a pipeline: no key says that the one depends on the other."""
    opened = Opened(tmp_path / "opened.jsonl", [tmp_path], [])
    scratch, own = tmp_path / "scratch.txt", tmp_path / "own.txt"
    with opened.watching():
        own.write_text("written as the file was imported")
    with opened.during([], "simulate"):
        scratch.write_text("1")
        assert scratch.read_text() == "1"
    assert not opened.passed
    with opened.during([], "fit"):
        own.read_text(), scratch.read_text()
    assert opened.passed == {str(scratch): "simulate"}
    with opened.during([tmp_path], "fit"):
        scratch.read_text()
    with opened.during([], "simulate"):
        scratch.read_text()
    assert not opened.passed
    with opened.during([], "fit"):
        with scratch.open("a") as file:
            file.write("2")
        scratch.read_text()
    assert opened.passed == {str(scratch): "simulate"}
    with opened.during([], "fit"):
        scratch.write_text("3")
        scratch.read_text()
    assert not opened.passed
