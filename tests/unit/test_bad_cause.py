"""What made the first value that is not finite in a loop: the operation, its line, its variables."""

import dataclasses
import functools
import inspect
import json

import bad_loops
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from faultline.engine.first_bad import scan

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("both_precisions")]

XS = np.arange(5.0)


def found(step, state, xs=XS):
    """What `scan` says of a loop of `bad_loops`; its cause."""
    bad = scan(step, state, xs).bad
    assert bad.unexplained is None
    json.dumps(dataclasses.asdict(bad), allow_nan=False)
    return bad, bad.cause


def at_fault(step, comment="at fault"):
    """The line of a step with that comment."""
    lines, first = inspect.getsourcelines(step)
    return first + next(i for i, line in enumerate(lines) if line.endswith(f"# {comment}\n"))


def origins(link):
    return tuple(one.name for one in link.inputs)


def decisive(operation):
    return [one.name for one in operation.inputs if one.decisive]


def test_zero_by_zero_is_the_denominator():
    bad, cause = found(bad_loops.zero_by_zero, bad_loops.Rates(1.0, 0))
    assert (bad.step, bad.term, bad.state_step, cause.kind, cause.step) == (0, "loss", None, "operation", 0)
    operation = cause.operation
    assert (operation.name, operation.place.line) == ("div", at_fault(bad_loops.zero_by_zero))
    assert (operation.place.expression, operation.place.function) == ("top / bottom", "zero_by_zero")
    assert operation.place.gradient is False
    assert operation.result.n_nan == 1
    assert [one.name for one in operation.inputs] == ["top", "bottom"]
    assert decisive(operation) == ["bottom"]
    assert (operation.inputs[1].values.low, operation.inputs[1].values.n_zero) == (0.0, 1)
    assert cause.nan is None
    assert [link.name for link in cause.chain] == ["bottom", "state.rho"]
    assert cause.chain[0].place.expression == "state.rho * 0"


def test_infinity_less_infinity_is_the_overflow_and_where_it_became_nan():
    _, cause = found(bad_loops.infinity_less_infinity, {"a": 8.0})
    assert (cause.operation.name, cause.operation.place.line) == (
        "exp",
        at_fault(bad_loops.infinity_less_infinity),
    )
    assert decisive(cause.operation) == ['state["a"]']
    assert (cause.nan.name, cause.nan.place.line) == (
        "sub",
        at_fault(bad_loops.infinity_less_infinity, "NaN"),
    )
    assert [one.name for one in cause.nan.inputs] == ["bigger", "big"]
    # The state's entry is what the step before has made of it.
    assert (cause.chain[0].name, cause.chain[0].place.expression) == ('state["a"]', 'state["a"] * 10')
    assert cause.chain[0].before


def test_log_of_a_negative_number():
    bad, cause = found(bad_loops.log_of_negative, {"rho": jnp.array([2.5, 90.0])})
    assert (bad.step, cause.operation.name) == (2, "log")
    assert cause.operation.place.line == at_fault(bad_loops.log_of_negative)
    (rho,) = cause.operation.inputs
    assert (rho.name, rho.values.n, rho.values.low, rho.values.high) == ("rho", 2, -0.5, 87.0)
    assert (rho.there.n, rho.there.high) == (1, -0.5)
    assert rho.made.expression == 'state["rho"] - x'
    assert origins(cause.chain[0]) == ('state["rho"]', "x")


def test_root_at_zero_is_infinite_in_the_gradient_though_its_value_is_fine():
    bad, cause = found(bad_loops.root_at_zero, {"params": {"A": jnp.array([3.0, 4.0])}})
    assert (bad.step, bad.term, bad.state_step, bad.state) == (4, "value", 3, ('state["params"]["A"]',))
    assert (cause.step, cause.operation.name) == (3, "div")
    assert cause.operation.place.line == at_fault(bad_loops.root_at_zero)
    assert cause.operation.place.gradient is True
    assert cause.operation.place.expression == "jnp.sqrt(distance)"
    assert decisive(cause.operation) == ["root"]
    assert cause.operation.inputs[1].made.gradient is False
    assert cause.chain[0].name == "distance"
    assert origins(cause.chain[0]) == ('params["A"]', "x")


def test_overflow_names_what_it_can_and_says_the_rest_by_its_line():
    _, cause = found(bad_loops.overflow, 200.0, XS * 10)
    assert (cause.operation.name, cause.operation.place.line) == ("exp", at_fault(bad_loops.overflow))
    (argument,) = cause.operation.inputs
    assert (argument.name, argument.made.expression) == (None, "state * x")
    assert cause.operation.result.n_inf == 1
    assert origins(cause.chain[0]) == ("state", "x")


def test_a_where_whose_unused_branch_is_bad_in_the_gradient():
    bad, cause = found(bad_loops.hidden_by_where, jnp.array([3.0, 10.0]))
    assert (bad.step, bad.term) == (3, "slope")
    assert (cause.operation.name, cause.operation.place.gradient) == ("div", True)
    assert cause.operation.place.line == at_fault(bad_loops.hidden_by_where)
    assert decisive(cause.operation) == ["root"]
    assert (cause.nan.name, cause.nan.place.gradient) == ("mul", True)
    assert cause.hidden_by.line == at_fault(bad_loops.hidden_by_where, "hides it")
    assert cause.hidden_by.expression == "jnp.where(p > x, root, 0.0)"


def test_a_where_hides_a_negative_root_and_the_log_of_zero():
    _, cause = found(bad_loops.hidden_by_where, jnp.array([2.5, 10.0]))
    assert (cause.operation.name, cause.operation.place.gradient) == ("sqrt", False)
    assert cause.hidden_by.line == at_fault(bad_loops.hidden_by_where, "hides it")

    _, cause = found(bad_loops.log_hidden_by_where, jnp.array([3.0, 10.0]))
    assert (cause.operation.name, cause.operation.place.gradient) == ("div", True)
    assert cause.operation.place.line == at_fault(bad_loops.log_hidden_by_where)
    assert cause.hidden_by.expression.startswith("jnp.where")


def test_the_end_of_a_differentiated_function_is_no_gradient():
    _, cause = found(bad_loops.norm_of_zero, jnp.array([3.0, 3.0]))
    assert (cause.operation.name, cause.operation.place.gradient) == ("div", True)
    assert (cause.chain[0].place.line, cause.chain[0].place.gradient) == (
        at_fault(bad_loops.norm_of_zero),
        False,
    )
    assert origins(cause.chain[0]) == ("p", "x")


def test_what_enters_by_x_by_the_start_or_by_a_constant(monkeypatch):
    # JAX keeps an array of NumPy, as long as it lives, in the precision in which it first met it.
    monkeypatch.setattr(bad_loops, "TABLE", bad_loops.TABLE.copy())
    bad, cause = found(bad_loops.from_x, 1.0, {"b": np.where(XS == 3, np.nan, XS)})
    assert (bad.step, cause.kind, cause.step, cause.name) == (3, "x", 3, 'x["b"]')
    assert cause.operation.place.line == at_fault(bad_loops.from_x)
    assert (bad.state_step, bad.state) == (None, ())

    bad, cause = found(bad_loops.from_the_start, {"a": jnp.array([1.0, jnp.nan]), "b": jnp.ones(2)})
    assert (cause.kind, cause.name) == ("state", 'state["a"]')
    assert (bad.state_step, bad.state) == (-1, ('state["a"]',))
    assert cause.operation.place.line == at_fault(bad_loops.from_the_start)

    _, cause = found(bad_loops.from_a_constant, 1.0)
    assert (cause.kind, cause.name, cause.operation.name) == ("constant", "TABLE", "reduce_sum")
    assert cause.operation.inputs[0].constant
    assert cause.operation.place.line == at_fault(bad_loops.from_a_constant)

    _, cause = found(bad_loops.Model().step, 1.0)
    assert (cause.kind, cause.name) == ("constant", "self.data")


def test_nan_on_purpose_is_a_constant_in_its_line():
    bad, cause = found(bad_loops.nan_on_purpose, 1.0)
    assert (bad.step, cause.kind, cause.step, cause.name) == (3, "constant", 3, None)
    assert cause.operation.place.line == at_fault(bad_loops.nan_on_purpose)
    assert "jnp.nan" in cause.operation.place.expression

    _, cause = found(lambda state, x: (state, {"y": jnp.nan}), 1.0)
    assert (cause.kind, cause.operation) == ("constant", None)


def test_an_infinity_that_does_no_harm_is_not_accused():
    bad, cause = found(bad_loops.harmless_infinity, {"w": jnp.array([0.0, 1.0])}, XS / 2)
    assert (bad.step, bad.term) == (2, "sum")
    assert (cause.operation.name, cause.operation.place.line) == (
        "log",
        at_fault(bad_loops.harmless_infinity),
    )

    start = {
        "T": jnp.eye(2),
        "pi": jnp.array([1.0, 0.0]),
        "E": jnp.array([[3.5, 4.0], [5.0, 4.0], [2.5, 4.0]]),
    }
    bad, cause = found(bad_loops.hidden_markov, start)
    assert (bad.step, cause.operation.name) == (3, "log")
    assert cause.operation.place.line == at_fault(bad_loops.hidden_markov)

    bad, cause = found(bad_loops.weights_of_zero, {"logs": jnp.zeros(3), "i": 0, "mean": 0.0})
    assert (bad.step, bad.state_step, bad.state) == (None, 4, ('state["mean"]',))
    assert cause.operation.place.line == at_fault(bad_loops.weights_of_zero)


def test_zero_times_log_of_zero_names_both():
    _, cause = found(bad_loops.zero_log_zero, {"w": jnp.ones(2)})
    assert (cause.operation.name, cause.nan.name) == ("log", "mul")
    assert cause.operation.place.line == cause.nan.place.line == at_fault(bad_loops.zero_log_zero)
    assert cause.nan.inputs[0].name == "w"


def test_optax_in_the_step():
    params = {"w": jnp.ones(2)}
    bad, cause = found(bad_loops.with_optax, (params, bad_loops.ADAM.init(params)), 3 - XS)
    assert (bad.step, cause.operation.name) == (3, "div")
    assert cause.operation.place.line == at_fault(bad_loops.with_optax)
    assert decisive(cause.operation) == ["x"]
    assert cause.nan.place.line == at_fault(bad_loops.with_optax, "NaN")
    assert "optax" in cause.nan.place.library


@pytest.mark.parametrize("key", [jax.random.key, jax.random.PRNGKey], ids=["typed", "raw"])
def test_a_key_in_the_state(key):
    _, cause = found(bad_loops.with_a_key, {"key": key(0)}, 3 - XS)
    assert (cause.operation.name, cause.operation.place.line) == ("sqrt", at_fault(bad_loops.with_a_key))
    assert origins(cause.chain[0]) == ("z", "x")


@pytest.mark.parametrize(
    "name, state, xs, operation, inputs, loop_steps",
    [
        ("loop_in_a_step", 4.0, XS / 2, "log", ["c"], (2,)),
        ("branch_in_a_step", 2.0, XS, "div", [None], ()),
        ("while_in_a_step", 1.0, XS + 2, "div", [None], (2,)),
        ("reverse_loop_in_a_gradient", -1.0, np.array([3.0, 1.0, -1.0]), "div", [None], (0,)),
    ],
)
def test_loops_and_branches_in_a_step(name, state, xs, operation, inputs, loop_steps):
    step = getattr(bad_loops, name)
    _, cause = found(step, state, xs)
    assert (cause.operation.name, cause.operation.loop_steps) == (operation, loop_steps)
    assert cause.operation.place.line == at_fault(step)
    assert decisive(cause.operation) == inputs


def test_what_moves_through_the_state_is_followed_to_where_it_was_made():
    bad, cause = found(bad_loops.moves_through_the_state, {"buffer": jnp.zeros(5)}, np.arange(300.0) - 100)
    assert (bad.step, cause.step) == (106, 102)
    assert cause.operation.place.line == at_fault(bad_loops.moves_through_the_state)
    assert (bad.state_step, bad.state) == (102, ('state["buffer"]',))


def test_what_moves_through_a_loop_in_each_step():
    bad, cause = found(bad_loops.moves_through_a_loop_in_a_step, jnp.ones(3))
    assert (bad.step, cause.step, cause.operation.loop_steps) == (4, 2, (0,))
    assert cause.operation.place.line == at_fault(bad_loops.moves_through_a_loop_in_a_step)
    assert decisive(cause.operation) == ["c"]


def test_an_input_that_the_step_before_has_made():
    _, cause = found(bad_loops.shrinks_to_zero, {"scale": 3.0})
    assert decisive(cause.operation) == ['state["scale"]']
    assert cause.chain[0].place.line == at_fault(bad_loops.shrinks_to_zero, "makes it 0")
    assert cause.chain[0].before


def test_functions_that_jax_knows_already_have_names_too():
    compiled = bad_loops.compiled(1.0, 1.0)
    assert np.isfinite(compiled)
    _, cause = found(bad_loops.calls_a_compiled_function, 1.5)
    assert decisive(cause.operation) == ["q"]
    assert cause.operation.place.line == at_fault(bad_loops.compiled)


def test_the_users_python_in_a_step_gets_no_invented_values():
    given = []

    def host(a, b):
        given.append((float(a), float(b)))
        return np.asarray(a / b if b else np.inf, a.dtype)

    def step(state, x):
        y = jax.pure_callback(host, jax.ShapeDtypeStruct((), x.dtype), state, x)
        return state, {"y": y}

    xs = jnp.arange(3.0) - 1
    _, cause = found(step, jnp.ones((), xs.dtype), xs)
    assert (cause.step, cause.operation.name) == (1, "pure_callback")
    assert {b for _, b in given} == {-1.0, 0.0, 1.0}
    assert {a for a, _ in given} == {1.0}


def test_custom_gradients_matrices_and_maps():
    _, cause = found(bad_loops.custom_gradient, 3.0)
    assert cause.operation.place.line == at_fault(
        bad_loops.custom_gradient
    )  # JAX keeps the line of the forward pass
    assert decisive(cause.operation) == ["a"]
    assert cause.operation.place.gradient

    _, cause = found(bad_loops.not_positive_definite, 1.0)
    assert (cause.operation.name, cause.chain[0].name) == ("cholesky", "matrix")
    assert cause.chain[0].inputs[0].made.expression == "jnp.eye(2)"
    assert origins(cause.chain[0]) == (None, "x")

    _, cause = found(bad_loops.mapped, jnp.arange(3.0) + 2)
    assert (cause.operation.place.line, cause.operation.inputs[1].there.n_zero) == (
        at_fault(bad_loops.mapped),
        1,
    )


def test_a_step_outside_the_folders_has_no_place_and_a_bound_one_has():
    outside = scan(bad_loops.overflow, 200.0, XS * 10, folders=[]).bad
    assert (outside.cause.operation.name, outside.cause.operation.place) == ("exp", None)
    step = functools.partial(lambda k, state, x: bad_loops.overflow(state * k, x), 1.0)
    assert scan(jax.jit(step), 200.0, XS * 10).bad.cause.operation.place.line == at_fault(bad_loops.overflow)


def test_what_cannot_be_computed_again_is_not_explained():
    calls = []

    def changes(state, x):
        calls.append(1)
        return state, {"y": jnp.log(x) if len(calls) < 2 else x}

    bad = scan(changes, 1.0, np.zeros(2)).bad
    assert (bad.step, bad.term, bad.cause) == (0, "y", None)
    assert bad.unexplained


def test_a_variable_has_the_names_that_all_functions_have_for_it():
    _, cause = found(bad_loops.one_name_for_two_things, {"rho": jnp.zeros(6), "key": jax.random.key(0)})
    assert (cause.operation.name, cause.operation.place.line) == ("log", at_fault(bad_loops.log_q))
    assert origins(cause.chain[0]) == ("scale", "eps")
    scale, eps = cause.chain[0].inputs
    assert scale.values.low > 0 > eps.values.low
    assert {(n.path, n.function) for n in eps.names} == {
        ("eps", "log_q"),
        ("noise", "one_name_for_two_things"),
    }
    assert eps.made.expression.startswith("jax.random.normal")
