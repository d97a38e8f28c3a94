"""Strategies for values, texts and bytes that nobody meant."""

from __future__ import annotations

from hypothesis import strategies as st

SAID = [
    *(
        "$(touch ran)",
        "`touch ran`",
        "; touch ran",
        "../../x",
        "/etc/passwd",
        "a b",
        "-rf",
        "--help",
        "{x}",
        "%s",
        "null",
    ),
    *(
        "x\n",
        "\n",
        "\0",
        "\x1b[2J",
        "\ud800",
        "ü",
        "a" * 300,
        "x" * 5000,
        "12:30:45",
        "2025-02-30",
        "1e400",
        "nan",
        "-inf",
    ),
    *(
        "__import__('os').system('touch ran')",
        "!!python/object/apply:os.system [touch ran]",
        "true",
        "no",
        "0x1F",
        "007",
    ),
    *(
        "gimbal",
        "model.py",
        "group_1",
        "v0.2.1_L00_minimal",
        "repaired",
        "use_mixture",
        "none",
        "",
        " ",
        ".",
        "..",
        "~",
    ),
]
TEXT = st.one_of(st.sampled_from(SAID), st.text(max_size=30))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -1, 0]),
    # Written like this because Python refuses to print the number, and hypothesis prints what it is given.
    st.sampled_from([400, 5000]).map(lambda digits: -(10**digits)),
    st.floats(),
    TEXT,
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(TEXT, st.integers(), st.none(), st.booleans()), inner, max_size=4),
        st.tuples(inner, inner),
    ),
    max_leaves=8,
)


def written(value) -> str:
    """A value as Python source, which has no limit of digits."""
    try:
        return repr(value)
    except ValueError:
        return "9" * 5000


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """``content`` cut short, overwritten, doubled, or with pieces put in."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        piece = draw(st.binary(min_size=1, max_size=8))
        match draw(st.integers(0, 4)):
            case 0:
                del data[at:]
            case 1:
                data[at : at + len(piece)] = piece
            case 2:
                data[at:at] = piece
            case 3:
                data[at : at + 100] = bytes(min(100, len(data) - at))
            case 4:
                data[at:at] = data[: draw(st.integers(0, 200))]
    return bytes(data)


@st.composite
def mutated(draw: st.DrawFn, value):
    """A copy of nested mappings and lists in which one place holds something else, or nothing."""
    place, trail = value, []
    while isinstance(place, dict | list) and place and (not trail or draw(st.integers(0, 3))):
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        trail.append(key)
        place = place[key]
    new = draw(st.one_of(VALUES, st.just(...)))

    def copied(old, path):
        if not path:
            return new
        copy = dict(old) if isinstance(old, dict) else list(old)
        changed = copied(old[path[0]], path[1:])
        if changed is ...:
            del copy[path[0]]
        else:
            copy[path[0]] = changed
        return copy

    return copied(value, trail)
