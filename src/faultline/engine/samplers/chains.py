"""Advancing several chains side by side: threads, time limit, progress."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from faultline.engine.samplers.base import PROGRESS_SECONDS, Progress

TURN_SECONDS = 0.2
"""How long one call of compiled code should take: no signal and no time limit is heard meanwhile."""

CHUNK_DRAWS, CHUNK_VALUES = 50, 2_000_000
"""Draws that one call of compiled code makes at most, and values that they may hold."""


class Kernel(Protocol):
    """One sampler's compiled step.

    ``advance(state, begin, n)`` makes draws ``begin`` to ``begin + n`` of a chain, tuning included, and returns the new
    state and a column of ``n`` values for ``position`` (n, size) and for each statistic, under PyMC's names.
    """

    capacity: int

    def advance(self, state: Any, begin: int, n: int) -> tuple[Any, dict[str, np.ndarray]]: ...


@dataclass
class Chain:
    """One chain: its state, where it is, and the draws kept after tuning."""

    number: int
    state: Any
    position: np.ndarray
    done: int = 0
    kept: int = 0
    turn: int = 1
    pieces: list[dict[str, np.ndarray]] = field(default_factory=list)
    diverged: list[tuple[int, np.ndarray]] = field(default_factory=list)

    def take(self, columns: dict[str, np.ndarray], tune: int) -> None:
        """Keep what came after tuning; note from where trajectories diverged."""
        n = len(columns["diverging"])
        before = np.concatenate([self.position[None], columns["position"][:-1]])
        first = max(tune - self.done, 0)
        for i in np.flatnonzero(columns["diverging"][first:]) + first:
            self.diverged.append((int(self.done + i - tune), before[i].copy()))
        if first < n:
            # A copy: a view would keep the whole buffer of the call.
            self.pieces.append({key: values[first:].copy() for key, values in columns.items()})
            self.kept += n - first
        self.position = columns["position"][-1].copy()
        self.done += n

    def columns(self, made: int) -> dict[str, np.ndarray]:
        """The first `made` draws; what was kept is given away."""
        pieces, self.pieces = self.pieces, []
        return {key: np.concatenate([piece[key] for piece in pieces])[:made] for key in pieces[0]}


def run_chains(
    kernel: Kernel,
    chains: list[Chain],
    tune: int,
    draws: int,
    threads: int,
    ends: float | None,
    progress: Progress | None,
) -> None:
    """Advance every chain to ``tune + draws``, or until the monotonic time `ends`; the one furthest behind first."""
    total, lock, waiting = tune + draws, threading.Lock(), list(chains)
    failed = threading.Event()

    def work() -> None:
        while not failed.is_set() and (ends is None or time.monotonic() < ends):
            with lock:
                if not waiting:
                    return
                chain = min(waiting, key=lambda c: c.done)
                waiting.remove(chain)
            began, n = time.monotonic(), min(chain.turn, total - chain.done)
            try:
                chain.state, columns = kernel.advance(chain.state, chain.done, n)
            except BaseException:
                failed.set()
                raise
            spent = max(time.monotonic() - began, 1e-6)
            chain.turn = int(np.clip(n * TURN_SECONDS / spent, 1, min(kernel.capacity, 4 * n)))
            chain.take(columns, tune)
            with lock:
                if chain.done < total:
                    waiting.append(chain)

    def tell() -> None:
        if progress:
            begun = sum(chain.done > 0 for chain in chains)
            progress(sum(c.done for c in chains), begun, sum(len(c.diverged) for c in chains))

    with ThreadPoolExecutor(threads) as pool:
        working = [pool.submit(work) for _ in range(threads)]
        while not all(future.done() for future in working):
            time.sleep(0.01 if not chains[0].done else PROGRESS_SECONDS / 5)
            tell()
        for future in working:
            future.result()
    tell()


def capacity_for(size: int) -> int:
    """Draws of `size` values that one call of compiled code makes at most."""
    return int(np.clip(CHUNK_VALUES // max(size, 1), 1, CHUNK_DRAWS))


def collected(draw: Any, state: Any, n: Any, capacity: int) -> tuple[Any, dict[str, Any]]:
    """Inside JAX: ``draw(i, state) -> (state, row)`` made `n` times, `n` at most `capacity`; the rows as columns."""
    import jax
    import jax.numpy as jnp

    # Inside a jit of its own it is traced once for its shapes and for the loop.
    draw = jax.jit(draw)
    shapes = jax.eval_shape(draw, jnp.zeros((), n.dtype), state)[1]
    columns = {name: jnp.zeros((capacity, *s.shape), s.dtype) for name, s in shapes.items()}

    def body(i: Any, carried: Any) -> Any:
        state, row = draw(i, carried[0])
        return state, {name: carried[1][name].at[i].set(value) for name, value in row.items()}

    return jax.lax.fori_loop(0, n, body, (state, columns))
