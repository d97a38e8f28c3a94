"""Section 4, Sampling summary: the run as asked and the extended one side by side, and what the checks say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faultline.core.record import CONFIRM, EXTENDED
from faultline.core.sections.own_run import OwnRun
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.criteria.thresholds import DIVERGENCES_MIN
from faultline.engine.names import element_of
from faultline.experiments import experiment
from faultline.findings.outcome import APART_BY_CHANCE, set_apart
from faultline.findings.own_run import instead
from faultline.report import labels
from faultline.report.markdown import (
    code,
    codes,
    known,
    number,
    percent,
    plural,
    seconds,
    table,
    text,
    worst_first,
)
from faultline.report.sections import published

WORST = 10
_FIGURES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "chains": ("chains", number),
    "tune": ("tuning steps per chain", number),
    "draws": ("draws per chain", number),
    "n_draws": ("draws in all", number),
    "divergences": ("divergences", number),
    "divergent_share": ("divergent share", percent),
    "mean_step_size": ("mean step size", number),
    "max_treedepth_fraction": ("draws at maximum tree depth", percent),
    "n_steps_mean": ("gradients per draw", number),
    "max_rhat": ("largest R-hat", number),
    "min_ess": ("smallest effective sample size", number),
    "min_ebfmi": ("smallest E-BFMI", number),
    "n_nonfinite": ("draws that are not finite", number),
    "seconds": ("seconds of sampling", seconds),
}


_LONGER = {
    CONFIRM: "The run as asked failed after short tuning, so the same chains ran again with longer tuning",
    EXTENDED: "The previous run was inconclusive, so the group continued sampling",
}


def section(record: Record, pictures: Mapping[str, str]) -> str:
    """``pictures`` maps a file name to its Markdown."""
    if experiment(record.kind).section != "sampling":
        return "Not sampled: this group only builds the model and evaluates it."
    parts: list[str] = []
    if record.sampling or record.sampling_extended:
        parts += [*_run(record), pictures.get("divergence_pairs.png", "")]
    else:
        parts.append(_not_sampled(record))
    parts += _other_arguments(record.as_yours)
    parts.append(labels.checks_table(record.checks))
    shown = record.judged_run
    parts += [
        *_variables(shown, "variable" if experiment(record.kind).given else "free variable"),
        pictures.get("rhat_ess.png", ""),
    ]
    parts += [*_priors(shown), *_positions(shown), *_chains(shown)]
    parts.append(_truth(record.truth))
    parts += [
        f"{text(own.title)}:\n\n" + table(["", ""], _flat(own.found), right=[1])
        for own in record.case_checks.values()
    ]
    parts += [
        pictures[name]
        for name in ("trace_selected.png", "energy.png", "step_size_treedepth.png")
        if name in pictures
    ]
    return "\n\n".join(part for part in parts if part)


def _other_arguments(own: OwnRun) -> list[str]:
    """What else was tried where the user's own run does not pass."""
    if not own.tried:
        return []
    header = ["tried", "result", "divergences", "draws", "largest R-hat", "smallest ESS", "time"]
    rows = [
        [
            text(instead(own.arguments, row["change"])),
            labels.result({"passed": row["passes"]})
            if not row["error"]
            else text(f"ended with {row['error']['type']}"),
            number(row["divergences"]),
            number(row["n_draws"]),
            number(row["max_rhat"]),
            number(row["min_ess"]),
            seconds(row["seconds"]),
        ]
        for row in own.tried
    ]
    ended = " The search ended early." if own.stopped else ""
    return [
        f"The same run with other arguments of pm.sample.{ended}",
        table(header, rows, right=range(2, len(header))),
    ]


def _not_sampled(record: Record) -> str:
    return (
        f"Not sampled: the group stopped at stage {text(record.error.stage)}."
        if record.error
        else "Not sampled: no draws were recorded."
    )


def _run(record: Record) -> list[str]:
    asked, more = record.sampling, record.sampling_extended
    reference = published.figures(record)
    header = ["", "run as asked"] + (["longer run"] if more else []) + (["published"] if reference else [])
    rows = []
    for key, (label, show) in _FIGURES.items():
        row = [label, show(getattr(asked, key)) if asked else ""]
        if key == "max_treedepth_fraction" and asked.treedepth_statistic:
            row[0] += f" ({code(asked.treedepth_statistic)})"
        if more:
            row.append(show(getattr(more, key)))
        if reference:
            row.append(published.shown(record, key, show))
        rows.append(row)
    parts = [table(header, rows, right=range(1, len(header)))]
    if selected := asked.selected:
        parts.append(
            f"On the selected variables alone ({codes(selected.get('names', ()))}), run as asked: largest R-hat "
            f"{number(selected.get('max_rhat'))}, smallest effective sample size {number(selected.get('min_ess'))}."
        )
    if more:
        reason = f": {text(more.reason)}" if more.reason else ""
        why = _LONGER.get(more.wanted, _LONGER[EXTENDED])
        parts.append(f"{why}{reason}.")
    if spared := asked.unconfirmed:
        parts.append(
            "Longer tuning, which might cure the failure, was not tried: it would have taken about "
            f"{seconds(spared.get('seconds'))}, more than half of the {seconds(spared.get('left'))} left. Raise limits.total to try it."
        )
    for label, run in (("run as asked", asked), ("longer run", more)):
        if run.complete is False:
            parts.append(
                f"**The {label} is not complete**: {_why(record)}, so its figures describe only part of it."
            )
    parts.append(published.others(record, set(_FIGURES)))
    return parts


def _why(record: Record) -> str:
    if record.gradient.adds_up is False:
        return "the gradient it follows is not that of the log-probability, so it was given little time"
    return "it was interrupted"


def _variables(run: Run, kind: str) -> list[str]:
    rows = run.variables
    if not rows:
        return []
    worst = sorted(
        rows, key=lambda r: (known(r.get("rhat_max")), -r["rhat_max"] if known(r.get("rhat_max")) else 0)
    )[:WORST]
    lines = [
        [
            code(element_of(r, before="rhat_worst_")),
            number(r.get("rhat_max")),
            number(r.get("ess_bulk_min"), 3),
            number(r.get("ess_tail_min"), 3),
            number(r["mean"], 4) if "mean" in r else "",
            number(r["sd"], 2) if "sd" in r else "",
            f"{number(r.get('n_undefined'))} of {number(r.get('size'))}",
        ]
        for r in worst
    ]
    header = [
        "variable (its worst element)",
        "R-hat",
        "bulk ESS",
        "tail ESS",
        "mean",
        "sd",
        "elements undefined",
    ]
    return [
        worst_first(len(lines), len(rows), kind),
        table(header, lines, right=range(1, len(header))),
        *(
            f"{r['n_determined']} of {r['size']} values of {code(r['name'])} never moved, as expected: given all the rest, the probability of any "
            "other value is negligible. They count as known."
            for r in rows
            if r.get("n_determined")
        ),
        *(
            f"{r['n_constant']} of {r['size']} values of {code(r['name'])} are the same in every draw of every chain. They count as known."
            for r in rows
            if r.get("n_constant")
        ),
    ]


def _priors(run: Run) -> list[str]:
    """The values that have a prior to themselves, against it: the furthest element of each variable."""
    rows = run.priors
    if not rows:
        return []
    rhat = {r["name"]: r.get("rhat_max") for r in run.variables}
    lines = [
        [
            code(element_of(r)),
            number(rhat.get(r["name"])),
            number(r.get("posterior_mean"), 4),
            number(r.get("posterior_sd"), 2),
            _range(r.get("prior")),
            number(r.get("prior_sd"), 2),
            number(r.get("log10_tail"), 2),
        ]
        for r in rows[:WORST]
    ]
    header = [
        "variable (its most extreme element)",
        "R-hat of the variable",
        "mean",
        "sd",
        "90 % of the prior",
    ]
    header += ["prior's sd", "logarithm (base 10) of the prior's tail probability"]
    return [
        "The draws against their priors, for variables whose prior depends on no other variable, the most extreme first:",
        table(header, lines, right=range(1, len(header))),
    ]


def _range(quantiles: Any) -> str:
    return f"{number(quantiles[0], 3)} to {number(quantiles[-1], 3)}" if quantiles else "not known"


def _positions(run: Run) -> list[str]:
    rows = run.divergence_positions.variables
    if not run.divergences:
        return []
    n = plural(run.divergence_positions.n or run.divergences, "divergence")
    if not rows:
        return [
            f"The positions of the {n} were not compared: that takes at least {DIVERGENCES_MIN}, and other draws beside them."
        ]
    lines = [
        [
            code(element_of(r)),
            number(r.get("shift"), 3),
            number(r.get("ks"), 2),
            number(r.get("p"), 2),
        ]
        for r in rows[:WORST]
    ]
    header = ["variable", "shift (standard deviations)", "Kolmogorov-Smirnov distance", "p-value"]
    named = "" if set_apart(run) else " Here chance can explain it, so no variable is named."
    return [
        f"Where the {n} begin, against the other draws of the same chains, the most telling variable first. The p-value counts every "
        f"value compared; below {APART_BY_CHANCE:g}, chance does not explain where they lie.{named}",
        table(header, lines, right=[1, 2, 3]),
    ]


def _chains(run: Run) -> list[str]:
    columns: dict[str, Sequence[Any]] = {
        "mean log-probability": run.chains_logp,
        "in its last half": run.chains_logp_end,
        "E-BFMI": run.ebfmi,
    }
    columns = {title: values for title, values in columns.items() if values}
    count = max(map(len, columns.values()), default=0)
    if count < 2:
        return []
    rows = [[str(i), *(_at(values, i) for values in columns.values())] for i in range(count)]
    moves = run.chains_movement
    if any(moves):
        columns |= {"relative movement": moves, "least in": moves}
        for row, found in zip(rows, moves, strict=True):
            row += (
                [number(found["moves"], 2), f"{code(found['least'])} ({number(found['least_moves'], 2)})"]
                if found
                else ["", ""]
            )
    start = run.start_logp
    at_start = f" (at the start the log-probability is {number(start)})" if known(start) else ""
    intro = f"By chain{at_start}:"
    if any(moves):
        intro = f"By chain{at_start}; relative movement is the typical distance from draw to draw, divided by the largest in the rest of the run:"
    return [intro, table(["chain", *columns], rows, right=range(len(columns) + 1))]


def _at(values: Sequence[Any], i: int) -> str:
    return number(values[i]) if i < len(values) else ""


def _truth(truth: Row) -> str:
    if not truth:
        return ""
    line = f"Recovery of the truth: RMSE of x {number(truth.get('rmse_x'))} world units"
    if "rmse_x_initial" in truth:
        line += f" (the initial estimate: {number(truth['rmse_x_initial'])})"
    line += f", {percent(truth.get('coverage_90'))} of the 90 % intervals cover it"
    return line + (f" ({plural(truth['n'], 'value')})." if truth.get("n") is not None else ".")


def _flat(block: Any, prefix: str = "") -> list[list[str]]:
    """A block of a case's own as rows of two: nested names are joined, lists of records are numbered."""
    if isinstance(block, Mapping):
        items = [(str(key), value) for key, value in block.items()]
    elif isinstance(block, list) and any(isinstance(item, (Mapping, list)) for item in block):
        items = [(str(_label(item, i)), _without_name(item)) for i, item in enumerate(block)]
    else:
        return [[text(prefix.replace("_", " ")), labels.value(block)]]
    return [row for key, value in items for row in _flat(value, f"{prefix} {key}".strip())]


def _label(item: Any, i: int) -> Any:
    return item.get("name", i + 1) if isinstance(item, Mapping) else i + 1


def _without_name(item: Any) -> Any:
    return {key: value for key, value in item.items() if key != "name"} if isinstance(item, Mapping) else item
