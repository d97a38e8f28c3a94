"""What every peer needs to know of the model as it stands: constants, and where its values lie in Faultline's vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultline.cases.gimbal.dataset import Dataset
from faultline.cases.gimbal.initialise import estimate

TOLERANCE = 1e-8
"""Largest error of the log-probability, and of each site's gradient relative to its largest element."""


@dataclass(frozen=True)
class Problem:
    """Plain constants of one model; T frames, K joints, C cameras, S states.

    Attributes
    ----------
    pixels
        (T, K, C, 2), NaN where a joint was not seen.
    cameras
        (C, 3, 4) projection matrices.
    parents
        (K,) with -1 for the root.
    root
        (3,) the first triangulated root, world units.
    gammas
        Shape and rate of each Gamma prior by site: numbers, or arrays (K-1,).
    outlier
        Log density of an outlier, per square pixel.
    """

    pixels: np.ndarray
    cameras: np.ndarray
    parents: np.ndarray
    root: np.ndarray
    gammas: dict[str, tuple[np.ndarray, np.ndarray]]
    outlier: float
    n_states: int
    use_mixture: bool
    use_directional_hmm: bool

    @classmethod
    def of(cls, dataset: Dataset, use_mixture: bool = True, use_directional_hmm: bool = True) -> Problem:
        guess = estimate(dataset)
        gammas = {name: _of_scale(getattr(guess, part)) for name, part in _SCALES.items()}
        return cls(
            pixels=np.ascontiguousarray(dataset.y_2d.transpose(1, 2, 0, 3)),
            cameras=np.ascontiguousarray(dataset.camera_proj),
            parents=dataset.parents.astype(np.int64),
            root=guess.x[0, 0],
            gammas=gammas | {"obs_sigma": _shape_and_rate(np.array(1.0), np.array(0.5))},
            outlier=-float(np.log(dataset.image_size[0] * dataset.image_size[1])),
            n_states=dataset.n_states,
            use_mixture=use_mixture,
            use_directional_hmm=use_directional_hmm,
        )

    @property
    def places(self) -> dict[str, np.ndarray]:
        """Where the unconstrained values of each site lie in the vector of ``Layout``, as arrays of the site's shape.

        A site is a variable of the model; ``raw_u`` (K-1, T, 3) and ``length`` (K-1, T) are those of all joints together.
        """
        (T, K), S = self.pixels.shape[:2], self.n_states
        shapes = {
            "eta2_root": (),
            "x0_root": (3,),
            "eps_root": (T - 1, 3),
            "raw_u": (K - 1, T, 3),
            "rho": (K - 1,),
            "sigma2": (K - 1,),
            "length": (K - 1, T),
            "obs_sigma": (),
        }
        if self.use_mixture:
            shapes["logodds_inlier"] = ()
        if self.use_directional_hmm:
            shapes |= {"dir_hmm_mu_raw": (S, K, 3), "dir_hmm_kappa": (S, K)}
            if S > 1:
                shapes |= {"init_logits": (S,), "trans_logits": (S, S)}
        places, stop = {}, 0
        for site, shape in shapes.items():
            start, stop = stop, stop + int(np.prod(shape, dtype=int))
            places[site] = np.arange(start, stop).reshape(shape)
        return places

    @property
    def size(self) -> int:
        return 1 + max(int(place.max()) for place in self.places.values())


POSITIVE = ("eta2_root", "rho", "sigma2", "obs_sigma", "dir_hmm_kappa")
"""Sites whose unconstrained value is the logarithm."""

_SCALES = {"eta2_root": "eta2", "rho": "rho", "sigma2": "sigma2"}


def points(problem: Problem, start: np.ndarray, n: int = 3, seed: int = 1) -> list[np.ndarray]:
    """``start`` and points around it, near and far: as stiff and as wild as what a sampler meets."""
    rng = np.random.default_rng(seed)
    return [start] + [
        start + scale * rng.standard_normal(problem.size) for scale in np.geomspace(0.01, 0.5, n)
    ]


def difference(problem: Problem, ours: tuple[float, np.ndarray], theirs: tuple[float, np.ndarray]) -> float:
    """Largest relative error of log-probability and gradient: of each site, relative to its largest element.

    NaN or an infinity on either side gives infinity.
    """
    errors = [_relative(np.asarray(ours[0]), np.asarray(theirs[0]))]
    errors += [_relative(ours[1][place], theirs[1][place]) for place in problem.places.values()]
    return max(errors)


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    error = np.abs(a - b).max() / max(np.abs(a).max(), 1.0)
    return float(error) if np.isfinite(error) else np.inf


def _of_scale(value) -> tuple[np.ndarray, np.ndarray]:
    mode = np.maximum(0.01, value)
    return _shape_and_rate(mode, mode)


def _shape_and_rate(mode: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rate = (mode + np.sqrt(mode**2 + 4 * sd**2)) / (2 * sd**2)
    return 1 + mode * rate, rate
