"""What one sees while a diagnosis runs."""

import io
from types import SimpleNamespace

import pytest

from faultline.cli.board import STANDS, WAITING, Board, Lines, Table, board
from faultline.cli.times import Times
from faultline.jobs.progress import heard, in_words
from faultline.run.watch import Watch

TITLES = {"group 1": "Build-only sanity", "group 3": "Sampling the model as it stands"}
STATUS = "group 3: sampling, longer run, 3734 of 8000 draws, 2 divergences (1 s, 300 MB)"


def test_the_lines_of_a_supervisor_are_understood(tmp_path):
    watch = Watch({}, "", tmp_path, [], "group 3", in_words, False)
    watch._hear({"stage": "sample_extended"})
    watch._hear({"done": 3734, "total": 8000, "divergences": 2})
    news = heard(f"{watch.label}: {watch._status()}")
    assert (news.label, news.doing, news.draws) == ("group 3", "sampling, longer run", "3734/8000")
    watch._hear({"done": 3735, "total": 8000, "divergences": 1})
    assert ", 1 divergence (" in watch._status() and heard(f"group 3: {watch._status()}").draws == "3735/8000"
    watch._hear({"stage": "compile"})
    news = heard(f"{watch.label}: {watch._status()}")
    assert (news.doing, news.draws, news.ended) == ("compiling", "", False)
    assert heard("group 3: measured").ended
    assert heard("group 3: ended while sampling: ValueError: (1 s, 2 MB)").ended
    assert heard("a warning of a library") is None


def test_a_row_goes_from_waiting_to_its_verdict():
    shown = Board(TITLES, {"group 3": 24.0}, None)
    row = shown.rows["group 3"]
    shown.hear({"needed": ["group 3", "summary"]})
    assert (shown.rows["group 1"].state, row.state) == (STANDS, WAITING)
    shown.hear({"doing": ["group 3", "sampling"]})
    shown.hear({"line": STATUS})
    assert (row.state, row.doing, row.draws) == ("running", "sampling, longer run", "3734/8000")
    shown.hear({"line": "group 3: measured"})
    shown.hear({"doing": ["group 3", "judging"]})
    assert row.doing == "judging" and row.elapsed == row.seconds
    shown.hear({"published": "group 3: FAIL"})
    assert (row.state, row.doing) == ("FAIL", "")
    assert list(shown.seconds) == ["group 3"]


def test_without_a_terminal_there_is_a_line_for_each_piece_of_news(capsys):
    shown = Lines(TITLES, {"group 3": 24.0}, None)
    for event in ({"doing": ["group 3", "sampling"]}, {"line": STATUS}, {"published": "group 3: FAIL"}):
        shown.hear(event)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.strip() for line in err.splitlines()] == [
        "0 s  group 3: sampling (24 s expected)",
        f"0 s  {STATUS}",
        "0 s  group 3: FAIL",
    ]


@pytest.mark.parametrize(
    ("quiet", "terminal", "term", "kind"),
    [
        (True, True, "xterm", Board),
        (False, True, "xterm", Table),
        (False, True, "dumb", Lines),
        (False, False, "xterm", Lines),
    ],
)
def test_what_is_shown_suits_where_it_is_shown(monkeypatch, quiet, terminal, term, kind):
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: terminal))
    monkeypatch.setenv("TERM", term)
    assert type(board(quiet, TITLES, {}, None)) is kind


def test_the_table_fits_a_terminal_of_80_columns():
    from rich.console import Console

    table = Table({**TITLES, "size 1000": "Full model, T 1000"}, {"group 3": 75.0, "all": 90.0}, 5)
    table.console = Console(width=80, file=io.StringIO())
    table.tick = lambda: None
    for event in ({"needed": ["group 3"]}, {"doing": ["group 3", "sampling"]}, {"line": STATUS}):
        table.hear(event)
    table.console.print(table._table())
    lines = table.console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    (row,) = [line for line in lines if line.startswith("group 3")]
    assert row.split() == [
        "group",
        "3",
        "running",
        "sampling,",
        "longer",
        "run",
        "3734/8000",
        "0",
        "s",
        "1:15",
    ]
    assert lines[-1].startswith("0 s elapsed, 1:30 expected, 5 min allowed")


def test_a_group_is_expected_to_take_what_it_took_or_what_others_of_its_kind_took(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path))
    assert Times("mine", TITLES).expected == {}
    Times("first", TITLES).keep({"group 1": 2.0, "group 3": 20.0}, 30.0)
    Times("second", TITLES).keep({"group 3": 40.0}, 50.0)
    assert Times("mine", TITLES).expected == {"group 1": 2.0, "group 3": 30.0}
    assert Times("first", TITLES).expected == {"group 1": 2.0, "group 3": 20.0, "all": 30.0}
    # A run of one group is none of all groups, and the other group's time stands.
    Times("second", TITLES).keep({"group 1": 4.0}, 5.0)
    assert Times("second", TITLES).expected == {"group 1": 4.0, "group 3": 40.0}
    (tmp_path / "cache" / "seconds.json").write_text('{"first": 3, "second": {"x": "y"}}')
    assert Times("first", TITLES).expected == {}
