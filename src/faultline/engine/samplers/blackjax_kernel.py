"""BlackJAX's NUTS, one function compiled for every length of tuning."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from faultline.engine import jax_cache, xla
from faultline.engine.density import LogpGradient
from faultline.engine.samplers.base import DENSE, DIAG
from faultline.engine.samplers.chains import capacity_for, collected

METRICS = {DIAG: "fisher_diag", DENSE: "welford_dense"}
"""Scales from the ratio of the draws' spread to the gradients' (nutpie's estimator): ten draws are enough, which spares
the hundred that Stan's warm-up makes with unit scales. A dense metric is the draws' covariance, as in Stan."""

WINDOWS = {
    DIAG: {"initial_buffer_size": 10, "first_window_size": 10},
    DENSE: {"initial_buffer_size": 75, "first_window_size": 25},
}
"""Draws before the first window and in it; each window is twice as long as the one before."""

FIXED = 2
"""The stage of a draw after tuning; BlackJAX's own stages are 0 (step size) and 1 (mass matrix too)."""


class Kernel:
    """Tuning: dual averaging of the step size, a mass matrix from windows that double.

    The stage of each draw is an argument, so that a run of another length needs no other code.
    """

    def __init__(self, look: LogpGradient, sampler: Mapping[str, Any]):
        self.data = look.traced.data
        self._metric = sampler.get("metric", DIAG)
        self.capacity = capacity_for(look.layout.size)
        start = look.layout.vector()
        state = self.begin(0, start, 0.0, start, start)
        codes = np.zeros((self.capacity, 3), dtype=np.int32)
        body = _advance(look.traced, self.capacity, sampler.get("max_treedepth", 10), self._metric)
        self._advance = xla.compiled(body, state, codes, 0, 0.8, *self.data)
        self._codes, self._target = codes, 0.8

    def on(self, data: tuple[Any, ...]) -> Kernel:
        """The same compiled code with other data of the same shapes."""
        other = copy.copy(self)
        other.data = data
        return other

    def plan(self, asked: Mapping[str, Any]) -> None:
        """Stages of the draws of tuning and of those after it: stage, whether a window ends, whether tuning ends."""
        from blackjax.adaptation.staged_adaptation import build_schedule

        tune = asked["tune"]
        codes = np.full((tune + self.capacity, 3), (FIXED, 0, 0), dtype=np.int32)
        if tune:
            schedule = np.asarray(build_schedule(tune, **WINDOWS[self._metric]), dtype=np.int32)
            codes[:tune, :2] = schedule.reshape(-1, 2)[:tune]
            codes[tune - 1, 2] = 1
        self._codes, self._target = codes, float(asked["target_accept"])

    def begin(
        self, seed: int, start: np.ndarray, logp: float, gradient: np.ndarray, variances: np.ndarray
    ) -> Any:
        """The state of a chain at `start`."""
        import jax
        from blackjax.adaptation.metric_recipes import lookup_recipe
        from blackjax.adaptation.step_size import dual_averaging_adaptation
        from blackjax.mcmc.hmc import HMCState

        jax_cache.prepare()
        steps = dual_averaging_adaptation(0.8)[0](1.0)
        first = jax.numpy.asarray(np.diag(variances) if self._metric == DENSE else variances, dtype=float)
        mass = (
            lookup_recipe(METRICS[self._metric])
            .build_core(initial_inverse_mass_matrix=first)
            .init(len(start))
        )
        at = HMCState(*(jax.numpy.asarray(value, dtype=float) for value in (start, logp, gradient)))
        return jax.random.key(seed), at, steps, mass, jax.numpy.asarray(1.0)

    def advance(self, state: Any, begin: int, n: int) -> tuple[Any, dict[str, np.ndarray]]:
        """`n` draws more."""
        begin = min(begin, len(self._codes) - self.capacity)
        codes = self._codes[begin : begin + self.capacity]
        state, columns = self._advance(state, codes, n, self._target, *self.data)
        return state, {key: np.asarray(values)[:n] for key, values in columns.items()}


def _advance(traced: xla.Traced, capacity: int, max_treedepth: int, of: str) -> Any:
    """``(state, codes, n, target, *data) -> (state, columns)``, to be compiled."""
    import jax
    import jax.numpy as jnp
    from blackjax.adaptation.metric_recipes import lookup_recipe
    from blackjax.adaptation.step_size import dual_averaging_adaptation
    from blackjax.mcmc.nuts import build_kernel

    step = build_kernel()

    def advance(state: Any, codes: Any, n: Any, target: Any, *data: Any) -> tuple[Any, dict[str, Any]]:
        logp = xla.log_density(traced, data)
        restart, adapt_step, settle = dual_averaging_adaptation(target)
        metric = lookup_recipe(METRICS[of]).build_core()

        def tune(code: Any, steps: Any, mass: Any, at: Any, accepted: Any) -> tuple[Any, Any, Any]:
            steps = adapt_step(steps, accepted)
            mass = jax.lax.cond(
                code[0] == 1, lambda m: metric.update(m, at.position, at.logdensity_grad), lambda m: m, mass
            )
            steps, mass = jax.lax.cond(
                code[1] == 1,
                lambda s, m: (restart(settle(s)), metric.final(m)),
                lambda s, m: (s, m),
                steps,
                mass,
            )
            return steps, mass, jnp.where(code[2] == 1, settle(steps), jnp.exp(steps.log_step_size))

        def draw(i: Any, state: Any) -> tuple[Any, dict[str, Any]]:
            key, at, steps, mass, size = state
            key, now = jax.random.split(key)
            at, info = step(now, at, logp, size, mass.inverse_mass_matrix, max_treedepth)
            depth = info.num_trajectory_expansions
            row = {
                "position": at.position,
                "diverging": info.is_divergent,
                "energy": info.energy,
                "lp": at.logdensity,
                "acceptance_rate": info.acceptance_rate,
                "step_size": size,
                "n_steps": info.num_integration_steps,
                "tree_depth": depth,
                "reached_max_treedepth": (depth >= max_treedepth) & ~info.is_turning & ~info.is_divergent,
            }
            steps, mass, size = jax.lax.cond(
                codes[i, 0] == FIXED,
                lambda: (steps, mass, size),
                lambda: tune(codes[i], steps, mass, at, info.acceptance_rate),
            )
            return (key, at, steps, mass, size), row

        return collected(draw, state, n, capacity)

    return advance
