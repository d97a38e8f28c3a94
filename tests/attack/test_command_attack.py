"""Command lines: any option with any value ends in a measurement that could begin, a sentence, or argparse's usage."""

from __future__ import annotations

import contextlib

import pytest
from attacking import command, inputs
from hypothesis import given
from hypothesis import strategies as st
from junk import TEXT

from faultline import __main__ as commands
from faultline.cli import dataset, engine, group, judge, plot, report, summary
from faultline.cli.by_hand import OPTIONS
from faultline.core.record import SUITES
from faultline.run import supervisor

TOY = """
from typing import Literal

PRESETS = {"repaired": {"form": "b"}}

def build(*, use_part: bool = True, form: Literal["a", "b"] = "a"):
    raise ValueError("never built here")
"""


class Reached(BaseException):
    """The command line was sound: a measurement would begin."""


@pytest.fixture(autouse=True, scope="module")
def stopped_before_measuring(folder):
    def reached(*_, **__):
        raise Reached

    (folder / "toy.py").write_text(TOY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "run", reached)
        patch.setattr(engine.Engine, "run", reached)
        patch.setenv("FAULTLINE_SUITES", SUITES)
        patch.setenv("FAULTLINE_STORE", str(folder / "store"))
        yield


WORDS = st.one_of(
    TEXT,
    st.sampled_from(
        ["1", "2", "a", "form=b", "use_part=false", "blackjax", "1.5", "toy", "9" * 5000, "1_0", "٣"]
    ),
)
# Where the suite stands is the user's to choose: only within the folder here.
OPTIONS_PLACES = sorted({*OPTIONS.values()} - {"suite"})
OPTIONS = sorted(
    {*OPTIONS, "component", "variant", "variants", "overwrite", "group", "stage", "nosuch"} - {"case"}
)


@inputs(400)
@given(
    options=st.lists(st.tuples(st.sampled_from(OPTIONS), WORDS, st.booleans()), min_size=1, max_size=4),
    case=st.one_of(st.just("toy.py"), WORDS.filter(lambda word: word != "gimbal")),
)
def test_measuring(folder, options, case):
    argv = ["--group", "1", "--case", case]
    for name, word, joined in options:
        argv += [f"--{name}={word}"] if joined else [f"--{name}", word]
    with contextlib.suppress(Reached):
        assert command(folder, group.main, argv) != 0
    assert not (folder / "ran").exists()


SETTINGS = st.one_of(
    WORDS,
    st.builds(
        "{}={}".format,
        st.sampled_from([*OPTIONS_PLACES, "use_part", "form", "sampler", "groups.sizes"]),
        WORDS,
    ),
)


@inputs(400)
@given(
    options=st.lists(
        st.tuples(st.sampled_from(["set", "with", "data", "cores", "minutes", "nosuch"]), SETTINGS),
        max_size=4,
    ),
    model=st.one_of(st.just("toy.py"), WORDS.filter(lambda word: word != "gimbal")),
)
def test_diagnosing(folder, options, model):
    argv = ["diagnose", "--", model]
    argv[1:1] = [word for name, value in options for word in (f"--{name}", value)]
    with contextlib.suppress(Reached):
        assert command(folder, commands.main, argv) != 0
    assert not (folder / "ran").exists()


STAGES = {
    "make": (dataset, ["--path"], []),
    "name": (dataset, ["--name"], ["--out", "made.npz"]),
    "judge": (judge, ["--record"], ["--output", "judged/results_g.json"]),
    "plot": (plot, ["--record"], ["--plots_dir", "pictures"]),
    "report": (report, ["--record"], []),
    "summary": (summary, ["--suite_dir"], []),
    "records": (summary, ["--suite_dir", ".", "--records"], []),
}


@inputs(250)
@given(
    stage=st.sampled_from(sorted(STAGES)),
    word=TEXT.filter(lambda word: word not in (".", "..", "v0.2.1_L00_minimal")),
)
def test_the_other_stages(folder, stage, word):
    module, before, after = STAGES[stage]
    command(folder, module.main, [*before, word, *after])
    assert not (folder / "ran").exists()
