"""Step 4 of the model's authors: what their report asked, as results and as the text of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.sections.record import Record
from faultline.criteria.thresholds import TINY_RUN_DRAWS
from faultline.diagnosis.rules import SLOW_COMPILE_SECONDS
from faultline.plan.ladder import Group

TELLS_APART = 1.5
"""CPU seconds of compiling, relative to the configuration without a component, from which a component makes it slow: one
reading in a fresh process differs from the next by a fifth."""

_STEPS = (
    ("1. Model building", "model_build", None),
    ("2. Initial point", "initial_point", None),
    ("3. Gradient compilation", "gradient_compile", "compile"),
    ("4. Gradient evaluation", "gradient_eval", "first"),
)
_WAIT = ("import", "build", "graph", "compile", "first")


def configurations(components: Mapping[str, bool]) -> list[dict[str, bool]]:
    """No component, each alone, all of them."""
    bare = dict.fromkeys(components, False)
    return [bare, *({**bare, name: True} for name in components), dict.fromkeys(components, True)]


def next_group(ladder: Sequence[Group], number: int) -> str | None:
    """The name of the group after this one, where there is one."""
    return next((group.name for group in ladder if group.number > number), None)


def results(
    measured: Mapping[str, Any], compiled: Sequence[Mapping[str, Any]], sampled: Record
) -> dict[str, Any]:
    """What was measured: the gradient group with the HMM off, compiling by component, and a few draws.

    The record of the gradient group is as JSON holds it: an error goes into the results as it is.
    """
    off, run = Record.of(measured), sampled.judged_run
    timings, gradient, stage = off.timings, off.gradient, off.error.stage
    return {
        "status": off.verdict.status,
        "config": {**off.asked.components, "dataset": off.asked.dataset},
        "T": off.data.get("T"),
        "n_free_rvs": off.model.n_free_rvs,
        "model_build": _step("build" in timings, stage, timings.get("build")),
        "initial_point": _step(bool(off.logp), stage, None),
        "first_gradient": timings.get("first_gradient"),
        "gradient_compile": _step("first" in timings, stage, _compile_seconds(timings)),
        "gradient_eval": _step("steady" in timings, stage, timings.get("steady")),
        "n_gradient_elements": gradient.n,
        "gradient_all_finite": gradient.n_nan + gradient.n_inf == 0 if gradient else None,
        "gradient_share_by_variable": gradient.share_by_variable if gradient else None,
        "peak_rss_mb": off.peak_memory_mb,
        "compiling": list(compiled),
        "step5": {
            "draws": sampled.asked.sampler["draws"],
            "chains": sampled.asked.sampler["chains"],
            "completed": bool(run.complete),
            "seconds": sampled.timings.get("sample"),
            **{key: getattr(run, key) for key in ("n_draws", "divergences", "max_rhat", "min_ess")},
            "error": sampled.error.message,
        },
        "error": measured["error"],
        "outcome": off.verdict.outcome,
        "interpretation": off.verdict.interpretation,
        "next_action": off.verdict.next_action,
    }


def _step(reached: bool, failed_at: str | None, seconds: float | None) -> dict[str, Any]:
    return {"status": "PASS" if reached else "FAIL" if failed_at else "NOT RUN", "seconds": seconds}


def _compile_seconds(timings: Mapping[str, float]) -> float | None:
    """Graph, compilation and first call: JAX and numba translate in the first call what the C backend does before it."""
    parts = [timings[key] for key in ("graph", "compile", "first") if key in timings]
    return sum(parts) if parts else None


def report(found: Mapping[str, Any], name: str) -> str:
    """The report as Markdown."""
    passed = all(found[key]["status"] == "PASS" for _, key, _ in _STEPS)
    steps = [
        f"| {title} | {found[key]['status']} | {_seconds(found[key]['seconds'])} | {_seconds(found['published'].get(was))} |"
        for title, key, was in _STEPS
    ]
    terms = found["compiling"][-1]["terms"]
    n_nan = (
        "yes"
        if found["gradient_all_finite"]
        else "no"
        if found["gradient_all_finite"] is False
        else "not known"
    )
    facts = (
        f"{found['n_free_rvs']} free variables, {found['n_gradient_elements']} gradient elements (published: "
        f"{found['published'].get('n_values')}), T {found['T']}, all finite: {n_nan}; HMM "
        f"{'on' if found['config']['use_directional_hmm'] else 'off'}."
    )
    return "\n".join(
        [
            "# Step 4: gradient compilation",
            "",
            f"**Date:** {found['date']}  ",
            f"**Status:** {'PASSED' if passed else 'FAILED'}, {found['status']}",
            "",
            "## Purpose",
            "",
            "NUTS needs the gradient of the log-probability. Its compilation was the suspected place of a crash: this "
            "separates building, initial point, compilation and evaluation, and says how long each takes.",
            "",
            "## Results",
            "",
            "| step | status | measured | published |",
            "|---|---|---|---|",
            *steps,
            "",
            f"{_before_compiling(found['first_gradient'])}{facts}",
            "",
            "## What each component costs",
            "",
            "Each row is a process of its own: it has warmed up on another model, and its compile cache is empty.",
            "",
            *_compiling(found["compiling"]),
            "",
            compiling_said(found["compiling"]),
            "",
            "## Where the graph is large",
            "",
            "With every component on, by term:",
            "",
            "| term | nodes |",
            "|---|---|",
            *(f"| {row['name']} | {row['n_nodes']} |" for row in terms),
            "",
            "Inside `y_obs`, from the model's variables on, in the order of the computation:",
            "",
            *_likelihood(found["compiling"]),
            "",
            likelihood_said(found["compiling"]),
            "",
            "## Conclusion",
            "",
            conclusion(found, passed),
            "",
            "## Next steps",
            "",
            f"{step_5_said(found['step5'])} {advice(found, passed)}",
            "",
            "## Files",
            "",
            f"- `scripts/debug_{name}.py`",
            f"- [`results_{name}.json`](results/results_{name}.json)",
            f"- `report_{name}.md`",
            "",
        ]
    )


def _before_compiling(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"The gradient at the start was there after {_seconds(seconds)}, before anything was compiled. "


def _compiling(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        f"| {_named(row['components'])} | {row['n_values']:,} | {_compile_seconds(row['seconds']):.1f} | "
        f"{row['compile_cpu_seconds']:.1f} | {_wait(row):.0f} | {row['peak_mb']:.0f} |"
        for row in rows
    ]
    header = "| components on | values | compiling (s) | CPU seconds of it | from the start to the first gradient (s) | peak memory (MB) |"
    return [header, "|---|---:|---:|---:|---:|---:|", *lines]


def compiling_said(rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether a component makes the gradient slow to compile, by CPU seconds: a busy machine changes these little."""
    bare = rows[0]["compile_cpu_seconds"]
    slow = [row for row in rows[1:] if row["compile_cpu_seconds"] > TELLS_APART * bare]
    if not slow:
        most = max(row["compile_cpu_seconds"] / bare for row in rows[1:])
        return (
            f"No component makes the gradient slow to compile: at most {most:.2f} times the CPU seconds of the model without any, "
            f"and below {TELLS_APART:g} times one reading does not tell them apart."
        )
    listed = ", ".join(
        f"{_named(row['components'])} {row['compile_cpu_seconds'] / bare:.1f} times" for row in slow
    )
    return f"Against the model without a component, compiling takes these CPU seconds: {listed}. Look there first if compiling takes too long."


def _likelihood(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    titles = [_named(row["components"]) for row in rows]
    lines = [
        f"| {parts[0]['part']} | {' | '.join(str(part['n_nodes']) for part in parts)} |"
        for parts in zip(*(row["likelihood"] for row in rows), strict=True)
    ]
    return [f"| part | {' | '.join(titles)} |", f"|---|{'---:|' * len(titles)}", *lines]


def likelihood_said(rows: Sequence[Mapping[str, Any]]) -> str:
    """Which part of the likelihood holds most nodes, with every component on."""
    parts = rows[-1]["likelihood"]
    most, total = max(parts, key=lambda part: part["n_nodes"]), sum(part["n_nodes"] for part in parts)
    return (
        f'With every component on, most nodes are in "{most["part"]}": {most["n_nodes"]} of {total}. '
        "The number of frames adds values, but no nodes."
    )


def conclusion(found: Mapping[str, Any], passed: bool) -> str:
    """Slow, broken, or neither; then the wait and the memory to expect."""
    seconds = found["gradient_compile"]["seconds"]
    cpu = max(row["compile_cpu_seconds"] for row in found["compiling"])
    if not passed:
        text = "Not every step was passed, so what follows is of the steps before. " + found["interpretation"]
    elif cpu > SLOW_COMPILE_SECONDS:
        text = "Compiling ends and the gradient is finite: it is slow, neither a hang nor a crash."
    elif seconds > SLOW_COMPILE_SECONDS:
        text = (
            f"Compiling ends after {_seconds(seconds)} and the gradient is finite: it is neither a hang nor a crash, and no more than "
            f"{cpu:.1f} s of that is work; the machine was busy."
        )
    else:
        text = f"Compiling ends after {_seconds(seconds)} and the gradient is finite: it is neither a hang, nor a crash, nor slow."
    waits, peaks = [_wait(row) for row in found["compiling"]], [row["peak_mb"] for row in found["compiling"]]
    longest = found["compiling"][waits.index(max(waits))]
    parts = ", ".join(f"{key} {_seconds(longest['seconds'][key])}" for key in _WAIT)
    return (
        f"{text} On this machine, as busy as it was, expect to wait {min(waits):.0f} to {max(waits):.0f} s from the start of a process to the "
        f"first gradient (at most: {parts}), and {max(peaks):.0f} MB of memory at the peak. Compiling itself "
        f"needs {cpu:.1f} CPU seconds: on a quiet machine the wait is shorter by what is more than that. PyMC prints nothing meanwhile: "
        "give it that long before you call it a hang."
    )


def step_5_said(step: Mapping[str, Any]) -> str:
    """How the few draws went; they show that sampling runs, and hardly more."""
    lead = f"Step 5, sampling {step['draws']} draws in each of {step['chains']} chains with progress:"
    if not step["completed"]:
        why = f" ({step['error']})" if step["error"] else ""
        return f"{lead} not completed{why}."
    rhat = f"{step['max_rhat']:.2f}" if step["max_rhat"] is not None else "unknown"
    return (
        f"{lead} completed in {_seconds(step['seconds'])}, with {step['divergences']} divergences in {step['n_draws']} draws and a largest "
        f"R-hat of {rhat}. That sampling runs from end to end is all that so few draws show: below {TINY_RUN_DRAWS} per chain "
        "R-hat is large in sound models too."
    )


def advice(found: Mapping[str, Any], passed: bool) -> str:
    """What to do next: mend what failed, else the group of the ladder that comes next, if there is one."""
    if not passed or found["outcome"] == "fail":
        return found["next_action"]
    if not found["next_group"]:
        return "Nothing is left to look at before the model is sampled in full."
    number = found["next_group"].split("_")[1]
    return (
        f"Whether the model samples well, the ladder says: go on with `{found['next_group']}` "
        f"(`python scripts/run_group.py --group {number} --dataset_name {_dataset(found)} --max_T none --max_K none --component use_directional_hmm=false`)."
    )


def _dataset(found: Mapping[str, Any]) -> str:
    return str(found["config"]["dataset"]).rsplit("/", 1)[-1].removesuffix(".npz")


def _named(components: Mapping[str, bool]) -> str:
    on = [name for name, is_on in components.items() if is_on]
    return "none" if not on else "all" if len(on) == len(components) else f"`{on[0]}` alone"


def _wait(row: Mapping[str, Any]) -> float:
    return sum(row["seconds"][key] for key in _WAIT)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s" if value >= 0.1 else f"{1e3 * value:.2f} ms"
