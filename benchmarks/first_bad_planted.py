"""How often the first value that is not finite in a loop is traced to the right line: steps with one planted fault.

Each step is a few random lines. Some make infinities or NaN that do no harm: a log of 0 in a log-sum-exp, a branch that
no `where` chooses, a value that a minimum or a tanh bounds. One line is planted: at step K it makes a value that is not
finite, which goes through further lines into a term, in every third step by the state and one step later. Right is: the
line, the step, the step at which the state was bad, if it was. Prints what is wrong, and the share that is right.

    python benchmarks/first_bad_planted.py
    python benchmarks/first_bad_planted.py --seeds 1000
"""

from __future__ import annotations

import argparse
import random
import runpy
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FAULTS = (
    "jnp.log(jnp.where(x == {k}, 0.0, 1.0) + 0 * {v})",
    "{v} / (x - {k})",
    "jnp.sqrt({k} - 0.5 - x) + {v}",
    "jnp.exp(jnp.where(x >= {k}, 800.0, 0.0)) * jnp.cosh({v})",
    "(2 + {v} - {v}) / (x - {k})",
    "jnp.cumsum({v} / (x - {k}))",
    "jax.grad(lambda t: jnp.sum(jnp.sqrt(t)))((jnp.abs({v}) + 1) * (x != {k}))",
    "jax.grad(lambda t: jnp.sum(jnp.where(t > 0, jnp.log(t), 0.0)))((jnp.abs({v}) + 1) * (x != {k}))",
    "jax.lax.scan(lambda c, y: (c / (x - {k}), c), 1 + {v}**2, jnp.arange(3.0))[0]",
    "jax.lax.cond(x >= {k}, lambda t: (1 + t**2) / 0.0, lambda t: t, {v})",
    "jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] / (x - {k})), (0, 1 + {v}**2))[1]",
    "jnp.where(x == {k}, jnp.nan, {v})",
)
HARMLESS = (
    "jnp.exp(jnp.log(jnp.zeros(3)) + {v})",
    "jax.nn.softmax(jnp.where(jnp.arange(3) < 2, {v}, -jnp.inf))",
    "jnp.where(jnp.arange(3) >= 0, {v}, jnp.log(-1.0 - {v}**2))",
    "jnp.minimum({v}, jnp.inf)",
    "jnp.tanh((1 + {v}**2) / 0.0) * 0.5",
    "1.0 / (1.0 + 1.0 / (0.0 * {v}) ** 2)",
    "jnp.nan_to_num({v} / 0.0, nan=0.1, posinf=0.2, neginf=0.3)",
    "jnp.concatenate([{v}, jnp.log(0.0 * {v})])[:3]",
    "jax.nn.logsumexp(jnp.stack([{v}, jnp.full(3, -jnp.inf)]), axis=0)",
    "jnp.sort(jnp.concatenate([{v}, jnp.array([jnp.inf])]))[:3]",
    "jax.lax.scan(lambda c, y: (jnp.logaddexp(c, y), None), jnp.full(3, -jnp.inf), jnp.stack([{v}, {v}]))[0]",
)
FINE = (
    "{v} * 0.5 + {w}",
    "jnp.sin({v})",
    "jnp.tanh({v} @ A)",
    "{v} - jnp.mean({w})",
    "jnp.roll({v}, 1) + 0.1",
    "jax.vmap(jnp.cos)({v}) * {w}",
    "jnp.flip({v}) * 0.3",
    "jax.jit(jnp.arctan)({w})",
    "{v}[jnp.array([2, 0, 1])]",
)
HEAD = "import jax\nimport jax.numpy as jnp\nA = jnp.eye(3) * 0.5 + 0.1\n\n\ndef step(s, x):\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=150, help="how many steps are made")
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        wrong = sum(not is_right(seed, Path(folder) / f"step_{seed}.py") for seed in range(seeds))
    print(f"{seeds - wrong} of {seeds} right")


def is_right(seed: int, file: Path) -> bool:
    import jax.numpy as jnp

    from faultline.engine.first_bad import scan

    text, line, k, by_state = planted(random.Random(seed))
    file.write_text(text)
    step = runpy.run_path(str(file))["step"]
    start = {"a": jnp.array([0.3, -0.7, 1.1]), "held": jnp.zeros(3)}
    bad = scan(step, start, np.arange(12.0), folders=[file.parent]).bad
    cause: Any = bad and bad.cause
    place = cause and cause.operation and cause.operation.place
    found = bad and (bad.step, bad.term, bad.state_step, cause and cause.step, place and place.line)
    right = (k + by_state, "term", k if by_state else None, k, line)
    if found != right:
        print(f"seed {seed}: {found} instead of {right}\n{text}", flush=True)
    return found == right


def planted(rng: random.Random) -> tuple[str, int, int, bool]:
    """The text of a step, the line and the step of its fault, and whether that reaches the term by the state."""
    k, n, fault, by_state = rng.choice((2, 5, 9)), rng.randint(4, 9), rng.choice(FAULTS), rng.random() < 1 / 3
    at, names, lines = rng.randrange(1, n), ['s["a"]'], []
    for i in range(n):
        kind = fault if i == at else rng.choice(HARMLESS if rng.random() < 0.4 else FINE)
        v, w = rng.choice(names[-3:]), rng.choice(names[-3:])
        lines.append(f"    v{i} = {kind.format(v=v, w=w, k=k)}\n")
        if i != at:
            names.append(f"v{i}")
    bad = f"v{at} * 2 - {names[-1]}"
    state = f'{{"a": jnp.clip(s["a"] * 0.9 + 0.01 * v0, -2, 2), "held": {bad if by_state else 's["held"]'}}}'
    term = 's["held"]' if by_state else bad
    lines.append(f'    return {state}, {{"other": jnp.sum(v0), "term": jnp.sum({term})}}\n')
    return HEAD + "".join(lines), HEAD.count("\n") + at + 1, k, by_state


if __name__ == "__main__":
    main()
