"""One reader for what comes from disk: a value, or one sentence that names the file and says what to do."""

import json
import os
import zipfile

import numpy as np
import pytest

from faultline.core.errors import LONGEST, InputError, one_line, shown
from faultline.core.reading import read_json_file, read_yaml, read_yaml_file
from faultline.store.arrays import ARRAY_BYTES, read_arrays


@pytest.fixture
def file(tmp_path):
    def write(content, name="it.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(read, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(*arguments, **options)
    sentence = str(caught.value)
    assert sentence.isprintable() and len(sentence) <= LONGEST and sentence.endswith(".")
    return sentence


def test_numbers_that_are_not_finite_come_back(file):
    value = read_json_file(file('{"a": ["NaN", "Infinity", "-Infinity", "nan"]}'))
    assert np.isnan(value["a"][0]) and value["a"][1:] == [np.inf, -np.inf, "nan"]


JSON = {
    "empty": "",
    "cut short": '{"a": [1, 2',
    "not UTF-8": b'{"a": "\xff"}',
    "nested": "[" * 100_000,
    "nested and whole": '{"a":' * 5000 + "1" + "}" * 5000,
    "digits": '{"a": ' + "9" * 5000 + "}",
    "a list": "[1]",
    "null": "null",
    "long text": json.dumps("x" * 10_000),
}


@pytest.mark.parametrize("kind", JSON)
def test_damaged_json_is_one_sentence_with_its_name(file, kind):
    sentence = refused(read_json_file, file(JSON[kind]), "manifest", remedy="draw the pictures again")
    assert (
        "manifest" in sentence and "it.json" in sentence and sentence.endswith("; draw the pictures again.")
    )


def test_what_is_no_file(tmp_path, file):
    assert "there is no record" in refused(read_json_file, tmp_path / "absent.json")
    assert "is a folder" in refused(read_json_file, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refused(read_json_file, tmp_path / "pipe")
    assert "too long" in refused(read_json_file, tmp_path / ("n" * 300))
    assert "null" in refused(read_json_file, f"{tmp_path}/a\0b")
    refused(read_json_file, file("1") / "below_a_file.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(file):
    path = file("{}")
    path.chmod(0)
    assert "Permission denied" in refused(read_json_file, path)


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML = {
    "cut short": ("seed: [1\n", "line 2"),
    "a tag that does not fit": (
        "a: 1\nseed: !!int zz\n",
        "line 2 holds a value that YAML cannot read ('zz')",
    ),
    "no such date": ("run_id: 2025-02-30", "line 1"),
    "no value for a tag": ("a: !!int", "line 1"),
    "no boolean": ("a: !!bool zz", "line 1"),
    "no time": ("a: !!timestamp zz", "line 1"),
    "a tag for objects": ("a: !!python/object/apply:os.system [ls]", "line 1"),
    "digits": ("seed: " + "9" * 5000, "line 1"),
    "nested": ("a: " + "[" * 5000, "nested too deeply"),
    "nested and whole": ("a: " + "[" * 800 + "]" * 800, "nested too deeply"),
    "a bomb": (BOMB, "through its aliases"),
    "a bomb of merges": (
        BOMB.replace("[1,1,1,1,1,1,1,1,1]", "{x: 1}"),
        "aliases",
    ),
    "an alias of itself": ("a: &a [*a]", "alias of itself"),
    "a key twice": (
        "seed: 1\nsampler:\n  draws: 3\n  draws: 4\n",
        "line 4 repeats the key 'draws' (first on line 3)",
    ),
    "a mapping as a key": ("{a: 1}: 2", "as a key"),
    "a list as a key": ("? [a]\n: 2", "as a key"),
    "NUL": ("a: \0", "U+0000"),
    "two documents": ("a: 1\n---\nb: 2", "line 2"),
}


@pytest.mark.parametrize("kind", YAML)
def test_yaml_that_means_nothing_is_one_sentence_with_its_line(kind):
    text, words = YAML[kind]
    sentence = refused(read_yaml, text, "config.yaml")
    assert sentence.startswith("config.yaml") and words in sentence


def test_yaml_that_is_no_utf_8(file):
    assert "not UTF-8 text at byte 3" in refused(read_yaml_file, file(b"a: \xff", "config.yaml"))
    assert "larger than" in refused(read_yaml_file, file("#" * 2**19, "config.yaml"))


def test_yaml_that_is_sound(file):
    assert read_yaml("", "c") is None
    assert read_yaml("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}", "c") == {
        "a": {"x": 1},
        "b": {"x": 1},
        "c": {"x": 1, "y": 2},
    }
    assert read_yaml_file(file("a: ü")) == {"a": "ü"}


def test_arrays_come_as_they_were_saved(tmp_path):
    saved = {
        "y": np.arange(6.0).reshape(2, 3),
        "s": np.array("text"),
        "e": np.zeros((0, 3)),
        "n": np.array(["", ""]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "it.npz", **saved)
        back = read_arrays(tmp_path / "it.npz")
        assert back.keys() == saved.keys()
        for key, array in saved.items():
            np.testing.assert_array_equal(back[key], array)


def header(text: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data


MEMBERS = {
    "a header that asks for terabytes": header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"
    ),
    "elements of no size": header("{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,)}"),
    "a negative length": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}"),
    "a header that is no Python": header("{'descr': ("),
    "a header of code": header("__import__('os').system('touch ran')"),
    "a type that is none": header("{'descr': 'zz', 'fortran_order': False, 'shape': (1,)}"),
    "no array": b"plain text",
    "nothing": b"",
    "nested": header("(" * 5000),
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("kind", MEMBERS)
def test_a_member_that_is_no_array(tmp_path, monkeypatch, kind, method):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("it.npz", "w", method) as archive:
        archive.writestr("y.npy", MEMBERS[kind])
    assert "it.npz: 'y' is damaged" in refused(read_arrays, "it.npz")
    assert os.listdir() == ["it.npz"]


def test_an_archive_that_unpacks_to_more_than_may_be_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "it.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("y.npy", bytes(2**22))
    assert "unpacks to 4 MB, more than the limit of 1 MB" in refused(
        read_arrays, tmp_path / "it.npz", at_most=2**20
    )
    assert ARRAY_BYTES >= 2**30


def test_an_archive_packed_in_another_way(tmp_path):
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(tmp_path / "it.npz", "w", method) as archive:
            archive.writestr("y.npy", bytes(100))
        assert "in a way that numpy does not use" in refused(read_arrays, tmp_path / "it.npz")


def test_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "it.npz", y=[1.0], o=np.array([{}], dtype=object))
    assert "'o' holds Python objects" in refused(read_arrays, tmp_path / "it.npz")
    assert list(read_arrays(tmp_path / "it.npz", objects_absent=["o"])) == ["y"]


def test_a_sentence_is_one_line_that_a_terminal_prints():
    assert str(InputError("a\n  b\x1b[2J\0.")) == "a b\\x1b[2J\\x00."
    long = str(InputError("begins " + "x" * 1000 + " ends."))
    assert len(long) <= LONGEST and long.startswith("begins x") and long.endswith(" ends.")
    assert len(one_line("\0" * 300)) <= LONGEST


def test_a_value_is_shown_in_a_few_words():
    for value in (
        "x" * 10**6,
        10**6000,
        list(range(10**5)),
        {i: i for i in range(10**4)},
        [[[[[[1]]]]]],
        "\ud800\n",
    ):
        assert len(shown(value)) <= 80 and shown(value).isprintable()
    assert shown("many") == "'many'" and shown(["a"]) == "['a']" and shown(10.5) == "10.5"
