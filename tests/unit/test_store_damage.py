"""What is lost or damaged in the store stops no later run."""

import gc
import json
import os
from pathlib import Path

import pytest

from faultline.core.errors import InputError
from faultline.core.record import read_json, write_json
from faultline.plan.notes import Notes
from faultline.store.keys import Digests, digest, file_digest
from faultline.store.objects import NOTES, Store
from faultline.store.suite import Suite
from faultline.targets.opened import Opened, read_log

REQUEST = {"stage": "judge", "seed": 1}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def made(store: Store, tmp_path, **files: str) -> str:
    """The key of an object with these files, and its receipt."""
    key = store.ask(REQUEST)
    paths = {}
    for name, text in files.items():
        paths[f"{name}.json"] = tmp_path / name
        (tmp_path / name).write_text(text)
    store.keep(key, paths, {})
    store.write_receipt("judge", key)
    return key


@pytest.mark.parametrize("harm", ["object", "digests", "receipt"])
def test_asking_forgets_a_receipt_that_is_not_that_of_the_object(store, tmp_path, harm):
    key = made(store, tmp_path, results="{}")
    store.ask(REQUEST)
    assert store.receipt_path("judge", key).exists()
    if harm == "object":
        store.folder(key).rename(tmp_path / "lost")
    elif harm == "digests":
        (store.folder(key) / "digests.json").write_text("{")
    else:
        store.receipt_path("judge", key).write_text("")
    store.ask(REQUEST)
    assert not store.receipt_path("judge", key).exists()


@pytest.mark.parametrize("content", ["", '{"stage": "judge"', '{"stage": "judge", "seed": 2}', "[" * 100_000])
def test_a_damaged_request_is_set_aside_where_it_is_read_and_written_anew_where_it_is_asked(store, content):
    key = store.ask(REQUEST)
    store.request_path(key).write_text(content)
    with pytest.raises(InputError, match="set aside"):
        store.request(key)
    store.request_path(key).write_text(content)
    store.ask(REQUEST)
    assert store.request(key) == REQUEST


def test_a_missing_file_of_an_object_takes_its_receipt_with_it(store, tmp_path):
    key = made(store, tmp_path, results="{}")
    (store.folder(key) / "digests.json").unlink()
    with pytest.raises(InputError, match="is missing"):
        store.read(key, "results.json")
    assert not store.receipt_path("judge", key).exists()


@pytest.mark.parametrize("harm", ["{", None])
def test_notes_that_are_lost_are_read_from_the_object(store, tmp_path, harm):
    key = made(store, tmp_path, notes='{"opened": {"/data.csv": "abc"}}')
    store.note(key, again=1)
    place = store.root / "notes" / f"{key}.json"
    place.write_text(harm) if harm else place.unlink()
    assert NOTES == "notes.json" and store.notes(key) == {"opened": {"/data.csv": "abc"}}


def test_planning_ends_whatever_the_notes_say_was_opened(store, tmp_path):
    """A measurement noted another content than its request names, and the two notes name different files."""
    for name in ("one", "other"):
        (tmp_path / name).write_text("now")
    first = Notes(store).applied(REQUEST)
    for opened in ({str(tmp_path / "one"): "then"}, {str(tmp_path / "other"): "then"}) * 2:
        store.note(store.ask(Notes(store).applied(REQUEST)), opened=opened)
    found = Notes(store).applied(REQUEST)
    assert first == REQUEST and set(found["opened"]) == {str(tmp_path / "one"), str(tmp_path / "other")}
    assert "then" not in found["opened"].values()


def test_what_a_run_notes_is_for_the_next_command(store):
    notes = Notes(store)
    key = store.ask(notes.applied(REQUEST))
    store.note(key, accident="a signal")
    assert notes.applied(REQUEST) == REQUEST, "a later round of the same run asks for the same"
    assert Notes(store).applied(REQUEST) == {**REQUEST, "after_accident": True}


def test_a_damaged_list_of_what_was_published_asks_again(tmp_path):
    suite = Suite(tmp_path)
    suite.ask("group_1_x", {"key": "a" * 32})
    with suite.publishing("group_1_x", "a" * 32) as publication:
        publication.write("results/results_group_1_x.json", {"x": 1})
    before = suite.asked("group_1_x")
    (tmp_path / "requests" / "group_1_x.published.json").write_text("{")
    suite.ask("group_1_x", {"key": "a" * 32})
    assert suite.asked("group_1_x")["token"] != before["token"]


def test_a_file_that_is_looked_for_and_missing_is_noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log.jsonl"
    opened = Opened(log, [tmp_path], [])
    looked_up = os.stat
    with opened.watching():
        assert not os.path.exists("absent.csv")
        with pytest.raises(FileNotFoundError):
            Path("gone.csv").read_text()
    assert os.stat is looked_up
    found, changed = read_log(log)
    assert {os.path.basename(path): state for path, state in found.items()} == {
        "absent.csv": "missing",
        "gone.csv": "missing",
    }
    (tmp_path / "absent.csv").write_text("1")
    assert [os.path.basename(path) for path in read_log(log)[1]] == ["absent.csv"] and not changed
    assert all(json.loads(line)[1] is None for line in log.read_text().splitlines())


def test_a_suite_stays_taken_when_nobody_keeps_the_object_that_took_it(tmp_path):
    assert Suite(tmp_path).occupy(looking=False)
    gc.collect()
    with pytest.raises(InputError, match="another run is using"):
        Suite(tmp_path).check_free()


@pytest.mark.parametrize(
    "note",
    ["[]", '{"again": "x"}', '{"again": -1}', '{"opened": []}', '{"opened": {"a": 1}}', '{"accident": {}}'],
)
def test_a_note_of_another_form_is_set_aside(store, note):
    path = store.root / "notes" / f"{'a' * 32}.json"
    path.parent.mkdir(parents=True)
    path.write_text(note)
    assert store.notes("a" * 32) == {}
    assert not path.exists() and list((store.root / "damaged").iterdir())


def test_a_list_of_opened_files_that_was_cut_off_is_one_sentence(tmp_path):
    log = tmp_path / "opened"
    log.write_text('["/a/b.csv", "missing"]\n["/a/c.c')
    with pytest.raises(InputError, match="run the same command again"):
        read_log(log)


@pytest.mark.parametrize("imports", ['{"x": 5}', '{"x": [1]}', "[]"])
def test_a_cache_of_imports_of_another_form_is_made_anew(tmp_path, imports):
    path = tmp_path / "digests.json"
    module = tmp_path / "module.py"
    module.write_text("from faultline.core import errors\n")
    content = file_digest(module)
    path.write_text(f'{{"files": {{}}, "imports": {imports.replace("x", content)}}}')
    assert Digests(path).imports(module) == ["faultline.core", "faultline.core.errors"]


def test_a_name_that_is_no_utf_8_is_written_and_read_as_it_is(tmp_path):
    value = {os.fsdecode(b"caf\xe9.csv"): "missing"}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    assert digest(value) == digest(read_json(tmp_path / "value.json"))


@pytest.mark.parametrize("name", ["../../victim", "/etc/passwd", "a\\u0000b"])
def test_a_list_of_published_files_that_leads_elsewhere_is_no_list(tmp_path, name):
    suite = Suite(tmp_path / "suite")
    path = tmp_path / "suite" / "requests" / "group_1.published.json"
    path.parent.mkdir(parents=True)
    path.write_text(f'{{"key": "a", "files": {{"{name}": {{}}}}}}')
    assert suite.published("group_1") == {}


def test_a_store_whose_path_snakemake_would_take_for_a_pattern_is_refused(tmp_path):
    with pytest.raises(InputError, match="without braces"):
        Store(tmp_path / "st{a}")
