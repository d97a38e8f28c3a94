"""Step 4: is the gradient's compilation a hang, a crash, or slow? With the HMM off, at K 6 and T 100, then with it on.

Builds the model, takes its initial point, compiles the gradient and evaluates it, each with its status and its seconds,
then compares the HMM off with the HMM on (option B) and samples 20 draws with progress (option A, step 5).

    python scripts/debug_step_4_test_gradients.py
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from faultline import cli, measure
from faultline.case import read_signature
from faultline.record import read_json, save_text, write_json
from faultline.verdict import judge

DATASET = "v0.2.1_K6_T100"
HMM = "use_directional_hmm"
NAME = "step_4_test_gradients"
OFF = ["--component", f"{HMM}=false"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite_dir", type=Path, default=Path("tests/diagnostics/step_4_gradients"))
    parser.add_argument("--dataset_name", default=DATASET)
    parser.add_argument("--seed", default="123")
    return cli.run(lambda: _run(parser.parse_args()))


def _run(arguments: argparse.Namespace) -> int:
    off = _measured(arguments, 2, *OFF)
    on = _measured(arguments, 2)
    sampled = _measured(arguments, "sampling_full_truncated", *OFF, "--tune", "20", "--draws", "20")
    results = _results(off, on, sampled)
    write_json(arguments.suite_dir / "results" / f"results_{NAME}.json", results)
    report = arguments.suite_dir / f"report_{NAME}.md"
    save_text(report, _report(results))
    print(f"report: {report}")
    return 0


def _measured(arguments: argparse.Namespace, wanted: int | str, *options: str) -> dict[str, Any]:
    """The record of one group of the case at full size, measured in a process of its own."""
    parser = argparse.ArgumentParser()
    cli.add_group_options(parser)
    everything = ["--dataset_name", arguments.dataset_name, "--max_T", "none", "--max_K", "none"]
    common = [*everything, "--seed", arguments.seed, "--suite_dir", str(arguments.suite_dir), "--overwrite"]
    parsed = parser.parse_args([*common, *options])
    spec = cli.measurement(parsed, wanted if isinstance(wanted, int) else _sampling_group(options))
    if spec["sampler"]:
        spec["sampler"].update(confirm=None, extended=None)
    if measure.run(spec):
        raise SystemExit(1)
    record = read_json(spec["record"])
    return {**record, **judge(record)}


def _sampling_group(options: tuple[str, ...]) -> str:
    return "group_4" if set(OFF) <= set(options) else "group_6"


def _results(off: dict, on: dict, sampled: dict) -> dict[str, Any]:
    timings, gradient = off.get("timings", {}), off.get("gradient", {})
    stage = (off["error"] or {}).get("stage")
    published = read_signature(off["asked"]["case"]).reference.get(off["group"], {})
    clean = bool(gradient) and gradient["n_nan"] + gradient["n_inf"] == 0
    return {
        "date": datetime.now().isoformat(timespec="seconds"),
        "status": off["verdict"]["status"],
        "config": {**off["asked"]["components"], "dataset": off["asked"]["dataset"]},
        "T": off.get("data", {}).get("T"),
        "n_free_rvs": off.get("model", {}).get("n_free_rvs"),
        "model_build": _step("build" in timings, stage, timings.get("build")),
        "initial_point": _step("logp" in off, stage, None),
        "first_gradient": timings.get("first_gradient"),
        "gradient_compile": _step("first" in timings, stage, _compile_seconds(timings)),
        "gradient_eval": _step("steady" in timings, stage, timings.get("steady")),
        "n_gradient_elements": gradient.get("n"),
        "gradient_all_finite": clean if gradient else None,
        "gradient_share_by_variable": gradient.get("share_by_variable"),
        "graph_by_factor": off.get("model", {}).get("graph", {}).get("by_factor"),
        "peak_rss_mb": off.get("peak_memory_mb"),
        "hmm_off_and_on": next(
            (row for row in on.get("component_comparison", []) if row["component"] == HMM), None
        ),
        "step5": {
            "draws": sampled["asked"]["sampler"]["draws"],
            "completed": bool(sampled.get("sampling", {}).get("complete")),
            "seconds": sampled.get("timings", {}).get("sample"),
        },
        "published": published,
        "error": off["error"],
        "interpretation": off["verdict"]["interpretation"],
        "next_action": off["verdict"]["next_action"],
    }


def _step(reached: bool, failed_at: str | None, seconds: float | None) -> dict[str, Any]:
    return {"status": "PASS" if reached else "FAIL" if failed_at else "NOT RUN", "seconds": seconds}


def _compile_seconds(timings: dict[str, float]) -> float | None:
    """Graph, compilation and first call: JAX and numba translate in the first call what the C backend does before it."""
    parts = [timings[key] for key in ("graph", "compile", "first") if key in timings]
    return sum(parts) if parts else None


def _report(results: dict[str, Any]) -> str:
    steps = [
        ("1. Model building", "model_build", None),
        ("2. Initial point", "initial_point", None),
        ("3. Gradient compilation", "gradient_compile", "compile"),
        ("4. Gradient evaluation", "gradient_eval", "first"),
    ]
    rows = [
        f"| {title} | {results[key]['status']} | {_seconds(results[key]['seconds'])} | {_seconds(results['published'].get(was))} |"
        for title, key, was in steps
    ]
    passed = all(results[key]["status"] == "PASS" for _, key, _ in steps)
    shares = [
        f"| {row['name']} | {row['n_nodes']} |"
        for row in sorted(results["graph_by_factor"] or [], key=lambda r: -r["n_nodes"])
    ]
    return "\n".join(
        [
            "# Step 4: gradient compilation",
            "",
            f"**Date:** {results['date']}  ",
            f"**Status:** {'PASSED' if passed else 'FAILED'}, {results['status']}",
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
            *rows,
            "",
            f"{_before_compiling(results['first_gradient'])}{results['n_free_rvs']} free variables, {results['n_gradient_elements']} gradient elements "
            f"(published: {results['published'].get('n_values')}), T {results['T']}, all finite: "
            f"{'yes' if results['gradient_all_finite'] else 'no'}; peak memory {results['peak_rss_mb'] or 0:.0f} MB; "
            f"HMM {'on' if results['config'][HMM] else 'off'}.",
            "",
            "## Where the graph is large",
            "",
            "| term | nodes |",
            "|---|---|",
            *shares,
            "",
            "## HMM off against on",
            "",
            _comparison(results["hmm_off_and_on"]),
            "",
            "## Implications",
            "",
            "A compilation that ends and whose gradient is finite was no crash: it was slow, and nothing said that it was "
            f"at work. {results['interpretation']}",
            "",
            "## Next steps",
            "",
            f"Step 5, sampling {results['step5']['draws']} draws with progress: "
            f"{'completed' if results['step5']['completed'] else 'not completed'} in {_seconds(results['step5']['seconds'])}. "
            f"{results['next_action']}",
            "",
            "## Files",
            "",
            f"- `scripts/debug_{NAME}.py`",
            f"- [`results_{NAME}.json`](results/results_{NAME}.json)",
            f"- `report_{NAME}.md`",
            "",
        ]
    )


def _before_compiling(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"The gradient at the start was there after {_seconds(seconds)}, before anything was compiled. "


def _comparison(row: dict[str, Any] | None) -> str:
    if not row:
        return "Not measured."
    lines = ["| | off | on | on / off |", "|---|---|---|---|"]
    for key in ("n_values", "compile", "first", "steady"):
        lines.append(
            f"| {key} | {row['off'][key]:.4g} | {row['on'][key]:.4g} | {row['on'][key] / row['off'][key]:.2f} |"
        )
    return "\n".join(lines)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s" if value >= 0.1 else f"{1e3 * value:.2f} ms"


if __name__ == "__main__":
    sys.exit(main())
