"""Configurations: values of any kind at any key, YAML of any kind, names of groups."""

from __future__ import annotations

import dataclasses

import yaml
from attacking import ends, inputs
from hypothesis import given
from hypothesis import strategies as st
from junk import TEXT, VALUES, damaged

from faultline.plan import config
from faultline.plan.ladder import find_group, groups, size_group
from faultline.targets.case import read_signature

GIMBAL = read_signature("gimbal")
DEFAULTS = dataclasses.asdict(config.Config())
SAMPLE = yaml.safe_dump({**DEFAULTS, "components": {"use_mixture": False}, "variants": {"root": "positions"}})


def places(values: dict, above: tuple = ()) -> list[tuple]:
    found = []
    for key, value in values.items():
        found.append((*above, key))
        if isinstance(value, dict):
            found += places(value, (*above, key))
    return [*found, (*above, "unknown")]


@st.composite
def configurations(draw: st.DrawFn) -> dict:
    raw: dict = {}
    for trail in draw(st.lists(st.sampled_from(places(DEFAULTS)), min_size=1, max_size=3)):
        block = raw
        for key in trail[:-1]:
            block = block.setdefault(key, {})
            if not isinstance(block, dict):
                break
        else:
            block[trail[-1]] = draw(VALUES)
    return raw


def planned(raw: dict):
    settings = config.load(raw)
    settings.dataset_of(GIMBAL)
    GIMBAL.choose_variants(settings.variants)
    return groups(GIMBAL, settings.components, settings.groups.sizes)


@inputs(900)
@given(raw=st.one_of(configurations(), st.dictionaries(TEXT, VALUES, max_size=3)))
def test_values(folder, raw):
    ladder = ends(folder, planned, raw)
    assert ladder is None or all(group.name.isprintable() for group in ladder)


WORDS = [
    *(
        "seed",
        "suite",
        "run_id",
        "sampler",
        "draws",
        "groups",
        "sizes",
        "components",
        "use_mixture",
        "variants",
    ),
    *(
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n- ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "<<: ",
        "? ",
        "| ",
        "> ",
        "# ",
        "---\n",
        "\t",
    ),
    *(
        "!!int ",
        "!!bool ",
        "!!timestamp ",
        "!!binary ",
        "!!set ",
        "!!omap ",
        "!!python/object/apply:os.system ",
        "!x ",
        "%TAG ",
        "__use_yte__: true\n",
        "?open('ran', 'w'): 1\n",
    ),
    *(
        "1",
        "0x",
        "12:30:45",
        "2025-02-30",
        "1.10",
        ".nan",
        "9" * 5000,
        "'",
        '"',
        "\\",
        "\0",
        "\x85",
        "\ud800",
    ),
]
YAML = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=25)
    .map("".join)
    .map(lambda text: text.encode(errors="surrogatepass")),
    damaged(SAMPLE.encode()),
    VALUES.map(lambda value: yaml.safe_dump(value).encode(errors="surrogatepass") if plain(value) else b""),
    st.binary(max_size=60),
    st.sampled_from(["[", "{a: ", "- ", "? ", "a: &a [*a, ", "!!int "]).flatmap(
        lambda part: st.integers(1, 3000).map(lambda n: (part * n).encode())
    ),
)


def plain(value) -> bool:
    """Whether PyYAML can write it."""
    try:
        yaml.safe_dump(value)
    except (yaml.YAMLError, ValueError, TypeError):
        return False
    return True


def plan_of(path):
    return planned(config.read_file(path))


@inputs(600)
@given(content=YAML)
def test_yaml(folder, content):
    path = folder / "config.yaml"
    path.write_bytes(content)
    ends(folder, plan_of, path)


@inputs(120)
@given(
    wanted=st.one_of(
        TEXT, st.from_regex(r"(group_[0-9]+_)?sampling_size_[0-9]+\n?", fullmatch=True), st.integers()
    )
)
def test_names_of_groups(folder, wanted):
    def found():
        return size_group(GIMBAL, None, wanted) or find_group(groups(GIMBAL), wanted)

    ends(folder, found)
