"""Section 1, Header: what was asked, of what, with which versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.report import labels
from faultline.report.markdown import code, known, number, seconds, table, text


def verdict_line(record: Mapping[str, Any]) -> str:
    """The verdict in one bold line."""
    verdict = record.get("verdict") or {}
    parts = [labels.outcome(verdict)]
    if cause := labels.cause(verdict.get("cause_class")):
        parts.append(cause)
    elif record.get("error"):
        parts.append(f"the group stopped at stage {text(record['error'].get('stage'))}")
    line = ": ".join(parts)
    if part := labels.parts(verdict.get("component")):
        line += f", in {part}"
    return f"**{line}**"


def section(record: Mapping[str, Any]) -> str:
    asked, data = record.get("asked") or {}, record.get("data") or {}
    rows = [
        ["group", code(record.get("group"))],
        ["run id", code(record.get("run_id"))],
        ["timestamp", text(record.get("timestamp"))],
        ["verdict", labels.outcome(record.get("verdict"))],
    ]
    if status := (record.get("verdict") or {}).get("status"):
        rows.append(["status", code(status)])
    rows += [
        ["case", code(asked.get("case"))],
        ["dataset", _dataset(asked, data)],
        ["components", _switches(asked.get("components"))],
        ["variants", _choices(asked.get("variants"))],
        [
            "truncation",
            f"max_T {_or_all(asked.get('max_T'))}, max_K {_or_all(asked.get('max_K'))}",
        ],
    ]
    if record.get("kind") in ("sampling", "frozen"):
        rows.append(["sampler", _sampler(asked.get("sampler") or {})])
    if record.get("kind") == "frozen":
        rows.append(["frozen", _frozen(record)])
    rows.append(["seed", number(asked.get("seed"))])
    rows.append(["time", _timings(record)])
    if known(record.get("peak_memory_mb")):
        rows.append(["peak memory", f"{number(round(record['peak_memory_mb']))} MB"])
    if backend := record.get("backend"):
        rows.append(["PyTensor backend", _backend(backend)])
    rows.append(
        ["versions", text(", ".join(f"{k} {v}" for k, v in (record.get("environment") or {}).items() if v))]
    )
    if record.get("request"):
        rows.append(["request", code(record["request"])])
    rows.append(["fingerprints", _fingerprints(record.get("fingerprints") or {})])
    return table(["", ""], rows)


def _dataset(asked: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    if asked.get("dataset") is None:
        return "none"
    sizes = [f"{key} {number(data[key])}" for key in ("T", "K", "C") if key in data]
    if "n_observed" in data:
        sizes.append(f"{number(data['n_observed'])} observed, {number(data.get('n_missing'))} missing")
    return code(asked["dataset"]) + (f" ({', '.join(sizes)})" if sizes else "")


def _switches(components: Mapping[str, bool] | None) -> str:
    return (
        ", ".join(f"{code(name)} {'on' if on else 'off'}" for name, on in (components or {}).items())
        or "none"
    )


def _choices(variants: Mapping[str, str] | None) -> str:
    return ", ".join(f"{code(name)} {text(choice)}" for name, choice in (variants or {}).items()) or "none"


def _or_all(limit: Any) -> str:
    return "all" if limit is None else number(limit)


def _sampler(sampler: Mapping[str, Any]) -> str:
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


def _frozen(record: Mapping[str, Any]) -> str:
    frozen = record.get("frozen") or {}
    if not frozen:
        return f"not reached (asked: {text(((record.get('asked') or {}).get('freeze') or {}).get('source'))})"
    source = {"initial": "the initial estimate", "truth": "the truth"}.get(
        frozen.get("source"), text(frozen.get("source"))
    )
    names = ", ".join(code(name) for name in frozen.get("variables") or [])
    return f"{names} held at {source}"


def _timings(record: Mapping[str, Any]) -> str:
    timings = record.get("timings") or {}
    shown = [f"{text(key.replace('_', ' '))} {seconds(value)}" for key, value in timings.items()]
    return ", ".join(shown) or "unknown"


def _backend(backend: Mapping[str, Any]) -> str:
    """``JAX to look, NUMBA to sample``, and what did not work before."""
    used = [f"{text(backend[key])} to {key}" for key in ("look", "sample") if backend.get(key)]
    failed = [
        f"not {text(row.get('backend'))}: {text(row.get('reason'))}" for row in backend.get("fallbacks") or []
    ]
    return "; ".join([", ".join(used), *failed])


def _fingerprints(fingerprints: Mapping[str, Any]) -> str:
    return (
        ", ".join(
            f"{text(name.replace('_', ' '))} {code(str(value)[:12])}" for name, value in fingerprints.items()
        )
        or "none"
    )
