"""Section 1, Header: what was asked, of what, with which versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.core.errors import shown
from faultline.core.sections.record import Frozen, Record, Verdict
from faultline.core.sections.section import Row
from faultline.experiments import experiment
from faultline.findings import own_run
from faultline.report import labels
from faultline.report.markdown import code, known, number, seconds, table, text


def verdict_line(record: Record) -> str:
    """The verdict in one bold line."""
    parts = [_outcome(record.verdict)]
    if cause := labels.cause(record.verdict.cause_class):
        parts.append(cause)
    elif record.error:
        parts.append(f"the group stopped at stage {text(record.error.stage)}")
    line = ": ".join(parts)
    if part := labels.parts(record.verdict.component):
        line += f", in {labels.with_article(part)}"
    return f"**{line}**"


def section(record: Record) -> str:
    asked = record.asked
    rows = [
        ["group", code(record.group)],
        ["run id", code(record.run_id)],
        ["timestamp", text(record.timestamp)],
        ["verdict", _outcome(record.verdict)],
    ]
    if record.verdict.status:
        rows.append(["status", code(record.verdict.status)])
    rows += [
        ["case", code(asked.case)],
        ["dataset", _dataset(asked.dataset, record.data)],
        ["components", _switches(asked.components)],
        ["variants", _choices(asked.variants)],
    ]
    if asked.cut:
        rows.append(["truncation", f"max_T {_or_all(asked.max_T)}, max_K {_or_all(asked.max_K)}"])
    if asked.sampler and experiment(record.kind).section == "sampling":
        rows.append(["sampler", _sampler(asked.sampler)])
    if asked.as_yours is not None:
        rows.append(["sampled with", code(own_run.call(record.as_yours.arguments or asked.as_yours))])
    if experiment(record.kind).holds:
        rows.append(["frozen", _frozen(record.frozen, asked.freeze)])
    for name, values in (("held", asked.held), ("start", asked.start)):
        if values:
            rows.append(
                [name, ", ".join(f"{code(key)} at {code(shown(value))}" for key, value in values.items())]
            )
    if asked.dropped:
        rows.append(["left out", ", ".join(map(code, asked.dropped))])
    rows.append(["seed", ", ".join(map(number, asked.seeds or (asked.seed,)))])
    rows.append(["time", _timings(record.timings)])
    if known(record.peak_memory_mb):
        rows.append(["peak memory", f"{number(round(record.peak_memory_mb))} MB"])
    if record.backend:
        rows.append(["PyTensor backend", _backend(record.backend)])
    rows.append(["versions", text(", ".join(f"{k} {v}" for k, v in record.environment.items() if v))])
    if record.request:
        rows.append(["request", code(record.request)])
    rows.append(["fingerprints", _fingerprints(record.fingerprints)])
    return table(["", ""], rows)


def _outcome(verdict: Verdict) -> str:
    return labels.outcome(verdict.outcome if verdict else None)


def _dataset(dataset: str | None, data: Row) -> str:
    if dataset is None:
        return "none"
    sizes = [f"{key} {number(data[key])}" for key in ("T", "K", "C") if key in data]
    if "n_observed" in data:
        sizes.append(f"{number(data['n_observed'])} observed, {number(data.get('n_missing'))} missing")
    return code(dataset) + (f" ({', '.join(sizes)})" if sizes else "")


def _switches(components: Mapping[str, bool]) -> str:
    return ", ".join(f"{code(name)} {'on' if on else 'off'}" for name, on in components.items()) or "none"


def _choices(variants: Mapping[str, str]) -> str:
    return ", ".join(f"{code(name)} {text(choice)}" for name, choice in variants.items()) or "none"


def _or_all(limit: Any) -> str:
    return "all" if limit is None else number(limit)


def _sampler(sampler: Row) -> str:
    line = (
        f"{text(sampler.get('nuts', 'NUTS'))}, {number(sampler.get('chains'))} chains of {number(sampler.get('tune'))} tuning steps "
        f"and {number(sampler.get('draws'))} draws, target_accept {number(sampler.get('target_accept'))}"
    )
    if more := sampler.get("confirm"):
        line += f"; where that fails, once more with {number(more.get('tune'))} + {number(more.get('draws'))}"
    if more := sampler.get("extended"):
        line += (
            f"; where neither can decide, {number(more.get('chains'))} chains of {number(more.get('tune'))} + "
            f"{number(more.get('draws'))}"
        )
    return line


def _frozen(frozen: Frozen, asked: Row) -> str:
    if not frozen:
        return f"not reached (asked: {text(asked.get('source'))})"
    known_as = {"initial": "the initial estimate", "truth": "the truth"}
    source = known_as.get(frozen.source, text(frozen.source))
    return f"{', '.join(map(code, frozen.variables))} held at {source}"


def _timings(timings: Mapping[str, float]) -> str:
    shown = [f"{text(key.replace('_', ' '))} {seconds(value)}" for key, value in timings.items()]
    return ", ".join(shown) or "unknown"


def _backend(backend: Row) -> str:
    """``JAX to look, NUMBA to sample``, and what did not work before."""
    used = [f"{text(backend[key])} to {key}" for key in ("look", "sample") if backend.get(key)]
    failed = [
        f"not {text(row.get('backend'))}: {text(row.get('reason'))}" for row in backend.get("fallbacks", ())
    ]
    return "; ".join([", ".join(used), *failed])


def _fingerprints(fingerprints: Row) -> str:
    return (
        ", ".join(
            f"{text(name.replace('_', ' '))} {code(str(value)[:12])}" for name, value in fingerprints.items()
        )
        or "none"
    )
