"""Records to report on: figures of really sampled draws, the rest written by hand, judged by the real rules."""

from __future__ import annotations

import copy
from pathlib import Path

from report_draws import summarised

from faultline.core.record import write_json
from faultline.diagnosis.rules import judge
from faultline.targets.case import read_signature

RUN_ID = "2025-12-19T21-00-00"
NAMES = (
    "group_1_build_only_sanity",
    "group_2_gradient_sanity",
    "group_3_sampling_baseline_minimal",
    "group_4_sampling_mixture_only",
    "group_5_sampling_hmm_only",
    "group_6_sampling_full_truncated",
    "group_7_likelihood_only_freeze_latents",
)
TITLES = (
    "Build-only sanity",
    "Gradient sanity",
    "Baseline sampling, smallest model",
    "Sampling, mixture only",
    "Sampling, hmm only",
    "Full model, truncated",
    "Likelihood only, latents frozen",
)
PARTS = {4: ("use_mixture",), 5: ("use_directional_hmm",)}


def header(number: int, kind: str) -> dict:
    """What every record says first."""
    everything = ("use_mixture", "use_directional_hmm")
    on = PARTS.get(number, () if number == 3 else everything)
    samples = kind in ("sampling", "frozen")
    return {
        "schema_version": 1,
        "group": NAMES[number - 1],
        "number": number,
        "kind": kind,
        "title": TITLES[number - 1],
        "run_id": RUN_ID,
        "timestamp": "2025-12-19T21:00:00",
        "asked": {
            "case": "gimbal",
            "dataset": "tests/diagnostics/datasets/v0.2.1_L00_minimal.npz",
            "components": {name: name in on for name in everything},
            "variants": {"root": "increments", "lengths": "centered"},
            "max_T": 80,
            "max_K": 8,
            "seed": 123,
            "sampler": {
                "nuts": "pymc",
                "chains": 2,
                "tune": 300,
                "draws": 100,
                "target_accept": 0.8,
                "extended": {"chains": 4, "tune": 1000, "draws": 1000},
            }
            if samples
            else None,
            "freeze": {"source": "initial", "lengths": False} if kind == "frozen" else None,
            "limits": {"total": 900, "compile": 300, "memory_mb": 4000},
        },
        "data": {"T": 80, "K": 4, "C": 3, "n_observed": 960, "n_missing": 0},
        "environment": {"python": "3.13.0", "pymc": "6.4.0", "pytensor": "3.3.7", "arviz": "1.3.0"},
        "fingerprints": {"dataset": "ab" * 32, "model_source": "cd" * 32, "config": f"{number}{'e' * 63}"},
        "error": None,
    }


def judged(record: dict) -> dict:
    """The record as the judge stage leaves it."""
    return record | judge(record)


def build_record() -> dict:
    """Group 1 of the failing model: a likelihood counted twice."""
    terms = [
        *[(name, -124220.6153, 1) for name in ("y_obs", "dir_hmm_potential")],
        *[(f"raw_u_{k}", -330.81 + k, 240) for k in (1, 2, 3)],
        *[(f"length_{k}", -71.2 + k, 80) for k in (1, 2, 3)],
        *[("dir_hmm_kappa", -9.2, 4), ("x0_root", -2.76, 3), ("eta2_root", 1.3, 1), ("rho", 2.2, 3)],
    ]
    free = [(name, n) for name, _, n in terms[2:]]
    return judged(
        header(1, "build")
        | {
            "model": {
                "n_free_rvs": 15,
                "n_values": 1239,
                "free_rvs": [{"name": n, "shape": [k], "size": k, "transform": None} for n, k in free],
                "potentials": ["y_obs", "dir_hmm_potential"],
                "observed": [],
                "custom_ops": [],
                "prior_only": [
                    {"name": "dir_hmm_mu_raw", "index": [0, 0], "n": 3},
                    {"name": "dir_hmm_kappa", "index": None, "n": 1},
                ],
                "disconnected": [],
                "graph": {
                    "n_nodes": 812,
                    "by_factor": [
                        {"name": "y_obs", "n_nodes": 401},
                        {"name": "dir_hmm_potential", "n_nodes": 240},
                    ],
                },
                "start": {"strategy": "jitter+adapt_diag"},
            },
            "logp": {
                "total": -249893.6371,
                "terms": [
                    {"name": name, "value": value, "n_elements": n, "n_nan": 0, "n_inf": 0}
                    for name, value, n in terms
                ],
                "n_nan": 0,
                "n_inf": 0,
                "equal_terms": [
                    {
                        "names": ["y_obs", "dir_hmm_potential"],
                        "n_points": 5,
                        "max_spread": 2.1e-11,
                        "kind": "equal",
                    }
                ],
                "start": {
                    "without_jitter": {"logp": -249893.6371},
                    "with_jitter": [
                        {"seed": 123, "logp": -8.31e7},
                        {"seed": 124, "logp": -1.02e8},
                        {"seed": 125, "logp": float("-inf")},
                    ],
                },
            },
            "timings": {"import": 1.1, "build": 0.42, "compile": 2.3, "total": 6.1},
            "peak_memory_mb": 611.2,
            "backend": {"look": "JAX"},
        }
    )


def gradient_record(*, sound: bool = False) -> dict:
    """Group 2: with the published times beside, and one term whose gradient is wrong, unless ``sound``."""
    shares = {"dir_hmm_mu_raw": 0.71, "eps_root": 0.2, "raw_u_1": 0.05, "length_1": 0.03, "obs_sigma": 0.01}
    error = 3e-6 if sound else 0.31
    wrong = {"variable": "dir_hmm_kappa", "point": 1, "step": 1e-4, "analytic": 12.1, "numeric": 9.24}
    return judged(
        header(2, "gradient")
        | {
            "reference": {"compile": 44.73, "first": 2.06, "n_values": 2313},
            "model": {
                "n_free_rvs": 16,
                "n_values": 2313,
                "custom_ops": [{"op": "ForwardOp", "factors": ["dir_hmm_potential"], "has_gradient": True}],
                "disconnected": [],
            },
            "gradient": {
                "n": 2313,
                "l2": 1.51e8,
                "linf": 9.1e7,
                "n_nan": 0,
                "n_inf": 0,
                "top": [
                    {"name": "dir_hmm_mu_raw", "index": [0, i], "value": (-1) ** i * 9.1e7 / 2**i}
                    for i in range(20)
                ],
                "share_by_variable": [{"name": name, "share": share} for name, share in shares.items()],
                "perturbations": [{"seed": s, "logp": -2.5e5, "l2": 1.4e8, "finite": True} for s in range(3)],
                "finite_differences": {
                    "points": 3,
                    "steps": [1e-4, 1e-6],
                    "factors": [
                        {"name": "y_obs", "max_relative_error": 3e-7, "worst": {}},
                        {"name": "dir_hmm_potential", "max_relative_error": error, "worst": wrong},
                        {"name": "raw_u_1", "max_relative_error": 2e-9, "worst": {}},
                    ],
                    "max_relative_error": error,
                },
            },
            "component_comparison": [
                {
                    "component": "use_directional_hmm",
                    "off": {"n_values": 2287, "compile": 1.9, "first": 0.8, "steady": 0.00041},
                    "on": {"n_values": 2313, "compile": 2.6, "first": 1.1, "steady": 0.00047},
                    "ratio": {"n_values": 1.0114, "compile": 1.37, "steady": 1.15},
                }
            ],
            "timings": {
                "import": 1.1,
                "build": 0.5,
                "compile": 2.6,
                "first": 1.1,
                "steady": 0.00047,
                "total": 9.0,
            },
            "peak_memory_mb": 911.0,
            "backend": {"look": "JAX"},
        }
    )


def sampling_record(number: int = 3, *, sound: bool = False) -> dict:
    """A sampling group: failing with the published figures, or ``sound`` after sampling on."""
    kind = "sampling" if number < 7 else "frozen"
    names = ["mu", "tau", "z" if sound else "theta"]
    measured = summarised(not sound)
    record = header(number, kind) | {
        "model": {
            "n_free_rvs": 3,
            "n_values": 10,
            "free_rvs": [
                {"name": names[0], "shape": [], "size": 1, "transform": None},
                {"name": names[1], "shape": [], "size": 1, "transform": "log"},
                {"name": names[2], "shape": [8], "size": 8, "transform": None},
            ],
        },
        "timings": {"build": 0.2, "compile": 3.1, "sample": 4.4, "total": 11.4},
        "peak_memory_mb": 702.0,
        "backend": {"sample": "NUMBA"},
    }
    if kind == "frozen":
        record["frozen"] = {"variables": ["x", "U"], "names": ["x_all", "U"], "source": "initial"}
    if sound:
        short = {"chains": 2, "tune": 300, "draws": 100, "n_draws": 200, "min_ess": 88.0, "max_rhat": 1.03}
        record["sampling"] = measured | short
        record["sampling_extended"] = measured | {"reason": "min_ess is 88, wanted at least 400"}
        return judged(record)
    published = {
        "divergences": 48,
        "divergent_share": 0.24,
        "max_rhat": 1.31,
        "max_treedepth_fraction": 0.895,
    }
    record["sampling"] = measured | published
    record["reference"] = {"divergences": 48, "max_rhat": 1.31, "min_ess": 5, "duration": "149 s"}
    record["truth"] = {"rmse_x": 0.31, "coverage_90": 0.62, "n": 960}
    if number == 4:
        record["mixture"] = {
            "uniform_logp": -13.73,
            "normal_logp": {"min": -912.0, "median": -4.1, "max": -3.2},
            "invalid_contribution_max_abs": 0.0,
        }
        record["case_checks"] = {"mixture": read_signature("gimbal").literals["CHECKS"]["mixture"]}
    return judged(record)


def error_record(number: int = 5) -> dict:
    """A group that ended before it sampled."""
    trace = 'Traceback (most recent call last):\n  File "model.py", line 3, in <module>\nRuntimeError: no ``` room\n'
    error = {
        "stage": "compile",
        "type": "RuntimeError",
        "message": "no room for <graph> | of `dir_hmm`",
        "traceback": trace,
    }
    return judged(header(number, "sampling") | {"error": error})


def ladder() -> list[dict]:
    """The seven groups of a failing model; group 7 is sound."""
    return [
        build_record(),
        gradient_record(sound=True),
        *(sampling_record(number) for number in (3, 4)),
        error_record(5),
        sampling_record(6),
        sampling_record(7, sound=True),
    ]


def without_values(record: dict) -> dict:
    """The same record with every measured number unknown: None in place of whole numbers, NaN of the others."""
    kept = ("schema_version", "number", "asked", "case_checks", "checks", "verdict")
    blank = {key: value if key in kept else _blank(value) for key, value in copy.deepcopy(record).items()}
    return judged(blank)


def _blank(value):
    if isinstance(value, dict):
        places = ("index", "rhat_worst_index", "shape")
        return {key: item if key in places else _blank(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blank(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return None if isinstance(value, int) else float("nan")


def write_results(suite: Path, *records: dict) -> Path:
    """Records on disk as the judge stage leaves them."""
    for record in records:
        name = f"results_{record['group']}"
        for file in (f"{name}.json", f"{name}__{record['run_id']}.json"):
            write_json(suite / "results" / file, record)
    return suite


def results_of(suite: Path, record: dict) -> Path:
    return suite / "results" / f"results_{record['group']}.json"
