"""NumPyro's NUTS. Its code depends on the length of tuning: a run of another length is compiled anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from faultline.engine import jax_cache, xla
from faultline.engine.density import LogpGradient
from faultline.engine.samplers.base import DENSE
from faultline.engine.samplers.chains import capacity_for, collected


class Kernel:
    """Tuning is NumPyro's own: dual averaging of the step size, a mass matrix from windows that double."""

    def __init__(self, look: LogpGradient, sampler: Mapping[str, Any]):
        self._traced = look.traced
        self.capacity = capacity_for(look.layout.size)
        self._depth = sampler.get("max_treedepth", 10)
        self._dense = sampler.get("metric") == DENSE
        self._start = look.layout.vector()
        self._compiled: dict[tuple[int, float], Any] = {}
        self.plan({"tune": sampler["tune"], "target_accept": sampler.get("target_accept", 0.8)})

    def plan(self, asked: Mapping[str, Any]) -> None:
        """Compile for a run's length of tuning and target."""
        tune, target = asked["tune"], float(asked["target_accept"])
        self._settings = {
            "num_warmup": tune,
            "target_accept_prob": target,
            "max_tree_depth": self._depth,
            "dense_mass": self._dense,
        }
        if (tune, target) not in self._compiled:
            state = self.begin(0, self._start, 0.0, self._start, self._start)
            body = _advance(self._traced, self.capacity, self._settings)
            self._compiled[tune, target] = xla.compiled(body, state, 0, *self._traced.data)
        self._advance = self._compiled[tune, target]

    def begin(
        self, seed: int, start: np.ndarray, logp: float, gradient: np.ndarray, variances: np.ndarray
    ) -> Any:
        """The state of a chain at `start`."""
        import jax
        from numpyro.infer.hmc import hmc

        jax_cache.prepare()
        initial, _ = hmc(potential_fn=lambda _: 0.0)
        first = jax.numpy.asarray(np.diag(variances) if self._dense else variances, dtype=float)
        settings = {**self._settings, "inverse_mass_matrix": first}
        return initial(_known(start, logp, gradient), rng_key=jax.random.PRNGKey(seed), **settings)

    def advance(self, state: Any, begin: int, n: int) -> tuple[Any, dict[str, np.ndarray]]:
        """`n` draws more."""
        state, columns = self._advance(state, n, *self._traced.data)
        columns = {key: np.asarray(values)[:n] for key, values in columns.items()}
        # NumPyro counts steps only: a full tree of d doublings has 2^d - 1. One that turned at its very last doubling
        # cannot be told from one that was cut short.
        steps = columns["n_steps"]
        columns["tree_depth"] = np.ceil(np.log2(steps + 1)).astype(int)
        columns["reached_max_treedepth"] = (steps >= 2**self._depth - 1) & ~columns["diverging"]
        return state, columns


def _known(start: Any, logp: Any, gradient: Any) -> Any:
    """A position whose potential energy and gradient need not be computed again."""
    import jax.numpy as jnp
    from numpyro.infer.util import ParamInfo

    as_array = lambda value: jnp.asarray(value, dtype=float)  # noqa: E731
    return ParamInfo(as_array(start), -as_array(logp), -as_array(gradient))


def _advance(traced: xla.Traced, capacity: int, settings: Mapping[str, Any]) -> Any:
    """``(state, n, *data) -> (state, columns)``, to be compiled."""
    import jax
    from numpyro.infer.hmc import hmc

    def advance(state: Any, n: Any, *data: Any) -> tuple[Any, dict[str, Any]]:
        logp = xla.log_density(traced, data)
        initial, step = hmc(potential_fn=lambda at: -logp(at))
        # NumPyro takes a sampler's settings where a chain begins.
        initial(_known(state.z, 0.0, state.z), rng_key=jax.random.PRNGKey(0), **settings)

        def draw(i: Any, state: Any) -> tuple[Any, dict[str, Any]]:
            size = state.adapt_state.step_size
            state = step(state)
            row = {
                "position": state.z,
                "diverging": state.diverging,
                "energy": state.energy,
                "lp": -state.potential_energy,
                "acceptance_rate": state.accept_prob,
                "step_size": size,
                "n_steps": state.num_steps,
            }
            return state, row

        return collected(draw, state, n, capacity)

    return advance
