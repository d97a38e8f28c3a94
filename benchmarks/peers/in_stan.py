"""The gimbal model as it stands in Stan (``gimbal.stan``), compiled and run by another interpreter that has pystan.

pystan 3 works under Python 3.12 and needs a C++ compiler: ``python3.12 -m venv DIR && DIR/bin/pip install pystan``.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from peers.problem import POSITIVE, Problem

HERE = Path(__file__).parent


class Stan:
    """Log-probability, gradient and their times over the unconstrained vector in the order of ``Layout``.

    ``python`` is the interpreter that has pystan. Its first use of the program compiles it, for a minute or so.
    """

    def __init__(self, problem: Problem, python: str):
        self._order = _order(problem)
        self._problem = problem
        self._messages = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._worker = subprocess.Popen(
            [python, str(HERE / "stan_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._messages,
            text=True,
            cwd=tempfile.gettempdir(),  # the compiler leaves a folder where it runs
        )
        program = (HERE / "gimbal.stan").read_text(encoding="utf-8")
        self._ask(program=program, data=_data(problem))

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        answer = self._ask(ask="density", vector=vector[self._order].tolist())
        gradient = np.empty(vector.size)
        gradient[self._order] = answer["gradient"]
        return answer["logp"], gradient

    def direct(self, vector: np.ndarray, n: int) -> float:
        """Seconds of ``n`` gradients asked for one by one; each call reads the data again."""
        return self._ask(ask="direct", vector=vector[self._order].tolist(), n=n)["seconds"]

    def sampled(self, vector: np.ndarray, n: int) -> float:
        """Seconds of ``n`` leapfrog steps of Stan's own sampler: a gradient and a few sums each. Runs thousands whatever ``n``."""
        start = {}
        for site, place in self._problem.places.items():
            value = np.exp(vector[place]) if site in POSITIVE else vector[place]
            start[site] = _columns(site, value).tolist()
        answer = self._ask(ask="sampled", start=start)
        return answer["seconds"] * n / answer["n"]

    def close(self) -> None:
        self._worker.stdin.close()
        self._worker.wait()

    def _ask(self, **request) -> dict:
        self._worker.stdin.write(json.dumps(request) + "\n")
        self._worker.stdin.flush()
        line = self._worker.stdout.readline()
        if not line:
            self._worker.wait()
            self._messages.seek(0)
            raise RuntimeError(f"the interpreter with pystan gave up:\n{self._messages.read()[-2000:]}")
        return json.loads(line)


def _columns(site: str, value: np.ndarray) -> np.ndarray:
    """The value in the shape that the program declares: frames are rows everywhere, ``logodds_inlier`` an array."""
    value = value.T if site == "length" else value
    return np.atleast_1d(value) if site == "logodds_inlier" else value


def _order(problem: Problem) -> np.ndarray:
    """Positions in the vector of ``Layout`` of Stan's unconstrained values: matrices go by columns, arrays by rows."""
    matrices = ("eps_root", "raw_u", "length", "dir_hmm_mu_raw", "dir_hmm_kappa", "trans_logits")
    parts = []
    for site, place in problem.places.items():
        place = _columns(site, place)
        parts.append((place.swapaxes(-1, -2) if site in matrices else place).ravel())
    return np.concatenate(parts)


def _data(problem: Problem) -> dict:
    """The data block; Stan counts from 1 and has no NaN in data."""
    T, K, C, _ = problem.pixels.shape
    seen = ~np.isnan(problem.pixels).any(axis=-1)
    frames = np.zeros((K, C, T), dtype=int)
    for k, c in np.ndindex(K, C):
        (there,) = np.nonzero(seen[:, k, c])
        frames[k, c, : len(there)] = there + 1
    priors = {
        f"{site}_prior": np.stack(np.broadcast_arrays(shape, rate), axis=-1)
        for site, (shape, rate) in problem.gammas.items()
    }
    data = {
        "T": T,
        "K": K,
        "C": C,
        "S": problem.n_states,
        "use_mixture": int(problem.use_mixture),
        "use_hmm": int(problem.use_directional_hmm),
        "parents": problem.parents + 1,
        "rotation": problem.cameras[:, :, :3].swapaxes(1, 2),
        "shift": problem.cameras[:, :, 3],
        "n_seen": seen.sum(axis=0),
        "seen": frames,
        "pixels": np.nan_to_num(problem.pixels).transpose(1, 2, 0, 3),
        "first_root": problem.root,
        "outlier": problem.outlier,
        **priors,
    }
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in data.items()}
