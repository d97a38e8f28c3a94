"""The first value that is not finite in a loop, in words: the operation, its line, its inputs, where they come from."""

import pytest

from faultline.findings.first_bad import blamed, explained

PLACE = {"file": "/home/me/pipe.py", "line": 12, "expression": "jnp.log(p)", "gradient": False}


def value(name="p", low=0.0, high=0.0, *, decisive=True, there=True, made=None):
    numbers = {"n": 1, "low": low, "high": high}
    whole = {"n": 9, "low": -1.0, "high": 1.0}
    return {
        "name": name,
        "decisive": decisive,
        "made": made,
        "values": whole if there else numbers,
        "there": numbers if there else None,
    }


def bad(*inputs, by="log", place=PLACE, chain=(), **cause):
    operation = {"name": by, "place": place, "inputs": list(inputs)}
    return {
        "cause": {
            "kind": "operation",
            "name": None,
            "step": 3,
            "operation": operation,
            "chain": chain,
            **cause,
        }
    }


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (bad(value()), "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `p` is 0"),
        (
            bad(value(low=-2.0, high=-0.5)),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `p` is between -2 and -0.5",
        ),
        # Where the bad elements cannot be told apart, the whole array is said.
        (
            bad(value(low=1.0, high=2.0, there=False)),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `p` is between 1 and 2",
        ),
        (
            bad(value(low=None, high=None)),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `p` is not finite",
        ),
        # What would not have changed it is left out.
        (
            bad(value("a", decisive=False), value("b")),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `b` is 0",
        ),
        (
            bad(value("a", decisive=False)),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite",
        ),
        (
            bad(value(None, made={"expression": "x @ w"})),
            "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: `x @ w` is 0",
        ),
        (bad(value(None)), "the logarithm in pipe.py line 12, `jnp.log(p)`, is not finite: its input is 0"),
        (
            bad(value(), by="erf_inv", place=None),
            "the operation erf_inv outside the files of the case is not finite: `p` is 0",
        ),
        (
            bad(value(), by="sqrt", place={**PLACE, "gradient": True}),
            "the square root in pipe.py line 12, `jnp.log(p)`, is not finite (in the gradient of that line): `p` is 0",
        ),
    ],
)
def test_the_operation_is_told_with_its_line_and_its_inputs(found, sentence):
    assert explained(found) == sentence


def link(name, *inputs):
    return {"name": name, "inputs": [{"name": each} for each in inputs]}


def test_it_says_where_the_inputs_come_from_three_at_most_and_not_twice():
    chain = [link("p", "w", "p"), link("w"), link(None, "x", "y", "z")]
    found = bad(value("p"), chain=chain)
    assert blamed(found) == ("w", "p", "x", "y", "z")
    assert explained(found).endswith(": `p` is 0; it comes from `w` and `x` and `y`")


def test_without_a_chain_the_inputs_that_decide_are_blamed():
    found = bad(value("a", decisive=False), value("b"), value(None))
    assert blamed(found) == ("b",)
    assert "it comes from" not in explained(found)


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("x", "rates", "what the loop is given at step 3, `rates`, is not finite"),
        ("x", None, "what the loop is given at step 3, an entry, is not finite"),
        ("state", "mu", "the entry `mu` of the state is not finite before the first step"),
        ("constant", "scale", "a constant, `scale`, is not finite"),
        ("constant", None, "a constant is not finite"),
    ],
)
def test_what_was_bad_before_the_step_is_told_with_the_line_that_reads_it_first(kind, name, sentence):
    given = {"kind": kind, "name": name}
    assert explained(bad(value(), **given)) == f"{sentence}; pipe.py line 12 reads it first"
    assert explained(bad(value(), place=None, **given)) == sentence
    assert explained(bad(**given, operation=None)) == sentence


def test_what_is_not_known_is_not_said():
    assert explained({"step": 3, "term": "loss"}) == "" and blamed({"step": 3, "term": "loss"}) == ()
    assert explained(bad(operation=None)) == "" and blamed(bad(operation=None)) == ()
