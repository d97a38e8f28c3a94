"""Hand-made records for the tests of the verdict: sound ones, in which each test breaks one thing."""

from __future__ import annotations

import copy
import math

from faultline.diagnosis.rules import judge
from faultline.targets.case import read_signature

LADDER = {
    1: ("group_1_build_only_sanity", "build", "ab"),
    2: ("group_2_gradient_sanity", "gradient", "ab"),
    3: ("group_3_sampling_baseline_minimal", "sampling", ""),
    4: ("group_4_sampling_a_only", "sampling", "a"),
    5: ("group_5_sampling_b_only", "sampling", "b"),
    6: ("group_6_sampling_full_truncated", "sampling", "ab"),
    7: ("group_7_likelihood_only_freeze_latents", "frozen", "ab"),
}
TERMS = {"": ["tau", "theta", "y"], "a": ["alpha"], "b": ["beta", "extra"]}


ROTATION_CURES = {
    "unchanged": {"passes": 0, "fresh": 3, "runs": []},
    "tried": [
        {
            "steps": [{"kind": "rotated", "names": ["a", "b"], "logs": []}],
            "sampler": {},
            "outcome": "cures",
            "equivalent": True,
            "code": None,
            "passes": 3,
            "fresh": 3,
            "runs": [],
        }
    ],
    "left_out": [],
    "cure": 0,
    "help": None,
}
"""What ``remedies.json`` says where rotating two coefficients cures."""


def run(long=True, **changes):
    """A sound sampling run of 4 x 1000 draws, or of 2 x 100, which is too few to tell."""
    size = (
        {"chains": 4, "tune": 1000, "draws": 1000, "n_draws": 4000}
        if long
        else {"chains": 2, "tune": 300, "draws": 100, "n_draws": 200}
    )
    sound = {
        **size,
        "seconds": 20.0,
        "divergences": 0,
        "divergent_share": 0.0,
        "mean_step_size": 0.3,
        "max_treedepth_fraction": 0.0,
        "max_rhat": 1.004 if long else 1.06,
        "min_ess": 900.0 if long else 120.0,
        "min_ebfmi": 0.9,
        "ebfmi": [0.9, 1.0],
        "variables": [variable("tau", long), variable("theta", long)],
        "complete": True,
        "n_nonfinite": 0,
    }
    return {**sound, **changes}


def variable(name, long=True, **changes):
    figures = {"rhat_max": 1.004, "ess_bulk_min": 950.0, "ess_tail_min": 900.0}
    if not long:
        figures = {"rhat_max": 1.06, "ess_bulk_min": 130.0, "ess_tail_min": 120.0}
    return {"name": name, "size": 8, **figures, "n_undefined": 0, **changes}


def divergent(count=48):
    """A short run with this many divergences in 200 draws."""
    return run(long=False, divergences=count)


def logp(**changes):
    terms = [
        {"name": name, "value": -10.0, "n_elements": 8, "n_nan": 0, "n_inf": 0}
        for name in ("y", "tau", "theta", "extra")
    ]
    # What is broken at the start is broken at a jittered one too.
    rows = changes.get("terms", terms)
    broken = "total" in changes or any(row.get("n_nan") or row.get("n_inf") for row in rows)
    broken = broken or any(row["value"] is None or not math.isfinite(row["value"]) for row in rows)
    start = {
        "without_jitter": {"logp": -40.0},
        "with_jitter": [{"seed": 1, "logp": math.nan if broken else -50.0}, {"seed": 2, "logp": -60.0}],
    }
    return {
        "total": -40.0,
        "terms": terms,
        "n_nan": 0,
        "n_inf": 0,
        "equal_terms": [],
        "start": start,
        **changes,
    }


def gradient(**changes):
    broken = bool(changes.get("n_nan") or changes.get("n_inf"))
    factors = [{"name": name, "max_relative_error": 1e-7} for name in ("y", "tau", "theta", "extra")]
    return {
        "n": 9,
        "l2": 3.0,
        "linf": 2.0,
        "n_nan": 0,
        "n_inf": 0,
        "top": [{"name": "tau", "index": [], "value": 2.0}, {"name": "theta", "index": [3], "value": 1.0}],
        "share_by_variable": [{"name": "tau", "share": 0.6}, {"name": "theta", "share": 0.4}],
        "perturbations": [
            {"seed": seed, "logp": -40.0, "l2": 3.0, "finite": not (broken and seed == 0)}
            for seed in range(3)
        ],
        "finite_differences": {
            "points": 3,
            "steps": [1e-4, 1e-5],
            "factors": factors,
            "max_relative_error": 1e-7,
        },
        **changes,
    }


def measured(number, **changes):
    """A sound record of one group of a ladder with the components ``use_a`` and ``use_b``."""
    group, kind, on = LADDER[number]
    names = TERMS[""] + [name for component in on for name in TERMS[component]]
    sections = {
        "build": {"logp": logp()},
        "gradient": {"gradient": gradient()},
    }.get(kind, {"sampling": run(long=False), "sampling_extended": run()})
    record = {
        "schema_version": 1,
        "group": group,
        "number": number,
        "kind": kind,
        "title": group,
        "run_id": "first",
        "timestamp": "2026-01-02T03:04:05",
        "asked": {
            "case": "case.py",
            "dataset": None,
            "components": {"use_a": "a" in on, "use_b": "b" in on},
            "variants": {},
            "max_T": 80,
            "max_K": None,
            "seed": 1,
            "sampler": None,
        },
        "data": {"T": 80},
        "model": {
            "n_free_rvs": 2,
            "n_values": 9,
            "free_rvs": [{"name": name, "size": 8} for name in names if name not in ("y", "extra")],
            "observed": ["y"],
            "potentials": ["extra"] if "extra" in names else [],
            "custom_ops": [],
            "prior_only": [],
            "disconnected": [],
        },
        "timings": {"build": 0.5, "compile": 2.0, "first": 0.1, "total": 30.0},
        **sections,
        "error": None,
    }
    return copy.deepcopy({**record, **changes})


def own(**sections):
    """Sections of the bundled case's own, with what it declares of them."""
    declared = read_signature("gimbal").literals["CHECKS"]
    return {**sections, "case_checks": {name: declared[name] for name in sections}}


def failing(number, sampling=None):
    """A sampling group that fails in its short run."""
    record = measured(number, sampling=sampling or divergent())
    del record["sampling_extended"]
    return record


def judged(record):
    return {**record, **judge(record)}


def ladder(**changed):
    """The judged records of a sound ladder; ``g3=record`` puts another record in place, ``g3=None`` leaves it out."""
    records = {number: changed.get(f"g{number}", measured(number)) for number in LADDER}
    return [judged(record) for record in records.values() if record is not None]


def check(record, name):
    """The check of this name, or None where it was not made."""
    return next((c for c in judge(record)["checks"] if c["name"] == name), None)


def verdict(record):
    return judge(record)["verdict"]


def sized(size, number=None, outcome="pass", **changes):
    """A record of the size ladder: the full model at ``size`` frames, in the place ``number``, with this outcome."""
    number = number or size  # larger sizes stand later in the ladder
    record = failing(6) if outcome == "fail" else measured(6)
    if outcome == "inconclusive":
        record["sampling_extended"] = run(min_ess=300.0)
    if outcome == "error":
        record = {key: value for key, value in record.items() if not key.startswith("sampling")}
        record["error"] = {"stage": "sample", "type": "TimeLimit", "message": "too slow", "traceback": ""}
    record |= {
        "group": f"group_{number}_sampling_size_{size}",
        "number": number,
        "title": f"Full model, T {size}",
    }
    record["asked"] |= {"max_T": size, "size": size}
    return record | {"data": {"T": size}} | changes
