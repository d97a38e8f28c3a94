"""Model files: their source is read, never run, whatever it holds and whatever it is called."""

from __future__ import annotations

import warnings

from attacking import ends, inputs
from hypothesis import given
from hypothesis import strategies as st
from junk import TEXT, VALUES, damaged, written

from faultline.plan.ladder import groups
from faultline.targets.case import read_signature

RUNS = "open('ran', 'w')\n__import__('os').system('touch ran')\n"
TYPES = st.recursive(
    st.one_of(
        st.lists(st.one_of(TEXT, st.integers(), st.none(), st.booleans()), max_size=4).map(
            lambda values: f"Literal[{', '.join(map(repr, values)) or '()'}]"
        ),
        st.sampled_from(
            ["bool", "str", "None", "Form", "'Form'", "Own.x", "f()", "'Literal[', '", "...", "1 + 1"]
        ),
    ),
    lambda inner: st.one_of(
        inner.map(repr),
        inner.map(lambda part: f"Optional[{part}]"),
        st.tuples(inner, inner).map(lambda parts: f"Union[{parts[0]}, {parts[1]}]"),
        st.tuples(inner, inner).map(" | ".join),
        inner.map(lambda part: f"Annotated[{part}, 1]"),
    ),
    max_leaves=3,
)
NAMES = st.sampled_from(["dataset", "use_x", "x", "form", "use_", "größe", "self", "args"])
DEFAULTS = st.one_of(
    st.just(""),
    VALUES.map(lambda value: f" = {written(value)}"),
    st.sampled_from([" = f()", " = -1", " = x.y"]),
)
ARGUMENTS = st.lists(
    st.one_of(
        st.tuples(NAMES, TYPES, DEFAULTS).map(lambda parts: f"{parts[0]}: {parts[1]}{parts[2]}"),
        st.sampled_from(["use_x=True", "x=False", "*", "/", "*a", "**k", "form='a'"]),
    ),
    max_size=4,
).map(", ".join)
HOOKS = st.tuples(
    st.sampled_from(
        ["LABELS", "LATENTS", "PRESETS", "SELECTED", "REFERENCE", "CHECKS", "Form", "build", "RECOVERED"]
    ),
    st.one_of(
        VALUES.map(written),
        st.sampled_from(
            ["f()", "{**x}", "(" * 90 + ")" * 90, "-" * 2000 + "1", "build", "b2", "{'use_x': '../../..'}"]
        ),
    ),
).map(" = ".join)
LINES = st.one_of(
    HOOKS,
    ARGUMENTS.map(lambda arguments: f"def build({arguments}): return 1"),
    st.sampled_from(
        [
            "from typing import Literal as L",
            "import random, numpy",
            "from . import y",
            "from .... import build",
            "from model import build",
        ]
    ),
    st.sampled_from(
        [
            "build = b2\nb2 = build",
            "class build: ...",
            "async def build(): ...",
            "import " + "a." * 500 + "b",
            "x = '''",
            "\0",
            "\x0c",
            "\ud800",
        ]
    ),
    TEXT,
)
SOURCES = st.one_of(
    st.lists(LINES, max_size=5)
    .map(lambda lines: RUNS + "\n".join(lines))
    .map(lambda text: text.encode(errors="surrogatepass")),
    damaged(
        b"from typing import Literal\nLABELS = {'use_x': 'x'}\ndef build(*, use_x: bool = True, form: Literal['a', 'b'] = 'a'): ..."
    ),
    st.binary(max_size=60).map(lambda data: b"# coding: " + data),
)


def planned(ref: str):
    signature = read_signature(ref)
    assert signature.labels.keys() == signature.components.keys()
    return [signature.choose_variants(None), signature.fingerprint(), *groups(signature)]


@inputs(800)
@given(source=SOURCES)
def test_sources(folder, source):
    (folder / "model.py").write_bytes(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, for what it parses
        found = ends(folder, planned, "model.py")
    if found:
        for group in found[2:]:
            assert "/" not in group.name and group.name.isprintable() and len(group.name) < 150
    assert not (folder / "ran").exists()


@inputs(200)
@given(ref=st.one_of(TEXT, TEXT.map(lambda text: f"{text}.py"), st.lists(TEXT, max_size=4).map(".".join)))
def test_names(folder, ref):
    ends(folder, planned, ref)
    assert not (folder / "ran").exists()
