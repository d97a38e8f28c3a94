"""``faultline minimize MODEL.py``: the shortest version of the file whose model still fails, to post with a question."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from faultline.cli.places import diagnosed, settle, store_of

READING = {
    ".csv": ("import pandas as pd", "data = pd.read_csv({path})"),
    ".parquet": ("import pandas as pd", "data = pd.read_parquet({path})"),
    ".nc": ("import xarray as xr", "data = xr.load_dataset({path})"),
    ".npz": ("import numpy as np", "data = dict(np.load({path}))"),
    ".json": ("import json", "data = json.load(open({path}))"),
}
"""Kind of a file -> the lines that read it, as `faultline.targets.data_files` does."""

LONGEST = 200
"""Characters of an error's message that are told."""


@click.command()
@click.argument("model")
@click.option("--output", help="Name of the short file. Default: MODEL_minimal.py beside the file.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    default=10,
    help="Stop the search after this time (10).",
)
def command(model: str, output: str | None, minutes: float) -> int:
    """Write the shortest version of a diagnosed file whose model still fails, to post with a question.

    MODEL is the file as it was given to faultline diagnose. What it does not need is left out, piece after piece; after each, the model is
    sampled again. The variables that the diagnosis names stay in. The file itself is left as it is.
    """
    settle()
    from faultline.core.errors import InputError

    path, suite = diagnosed(model)
    target = Path(output) if output else path.with_name(f"{path.stem}_minimal{path.suffix}")
    store = store_of(suite)
    request = asked(store, suite, model, minutes)
    record = measured(store, request, path)
    found = record["shortest"]
    text = written(path, request, record)
    if target.exists() and target.read_bytes() != text.encode():
        raise InputError(
            f"{target} exists already and is another file; remove it, or give another name with --output."
        )
    target.write_bytes(text.encode())
    left, whole = (
        sum(map(bool, map(str.strip, each.splitlines()))) for each in (found["text"], path.read_text("utf-8"))
    )
    print(f"{target}: {left} of {whole} lines are left. {told(found['after'])}")
    if not found["finished"]:
        print(f"The time of {minutes:g} min ended the search; with more (--minutes) it may get shorter.")
    files = [*([request["dataset"]["path"]] if request["dataset"] else []), *found["reads"]]
    if files:
        print(f"It reads {', '.join(dict.fromkeys(files))}: post that with it.")
    return 0


def asked(store: Any, suite: Path, model: str, minutes: float) -> dict[str, Any]:
    """The request: that of the first group that failed while it sampled, with another experiment.

    Raises
    ------
    InputError
        The diagnosis is of no model, or none of its groups failed while it sampled.
    """
    from faultline.core.errors import InputError
    from faultline.core.record import read_json
    from faultline.diagnosis.summarise import failing_run
    from faultline.plan.stage_keys import MEASURE, code_digest
    from faultline.store.suite import Suite

    summary = read_json(suite / "results/summary.json")
    name = failing_run(summary)
    if name is None:
        raise InputError(
            f"no run of {model} has failed, so that there is no failure to look for in a shorter file; see {suite}/report_summary.html for "
            "what was found."
        )
    key = Suite(suite).asked(name)["measured"]
    if not store.request_path(key).exists():
        raise InputError(f"what {suite} rests on is not in this store; run faultline diagnose {model} again.")
    base = store.request(key)
    kept = {key: value for key, value in base.items() if key not in ("reads", "again", "freeze")}
    limits = {**base["limits"], "total": 60 * minutes}
    return {
        **kept,
        "stage": MEASURE,
        "kind": "shortest",
        "code": code_digest(MEASURE, store, "shortest"),
        "freeze": None,
        "limits": limits,
        "part": sorted(summary["answer"]["part"]),
    }


def measured(store: Any, request: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What the search found, from the store where it has been made before.

    Raises
    ------
    InputError
        It ended without a shorter file, for a reason that the sentence says.
    """
    from faultline.core.errors import InputError, one_line
    from faultline.jobs.stages import MEASURED, make

    key = store.ask(request, "shortest version")
    with redirect_stdout(sys.stderr):  # what it is doing
        code = make(store, key)
    if code:
        raise InputError(f"the search for a shorter {path.name} was stopped; run the command again.")
    record = store.read_json(key, MEASURED)
    found = record.get("shortest", {})
    if "text" in found:
        if not any(run["fails"] for run in found["after"]):
            raise InputError(
                f"the shorter {path.name} that was found fails with the seeds of the search only, and with none of {len(found['after'])} fresh ones; "
                "post the file as it is."
            )
        return record
    if error := record.get("error"):
        raise InputError(
            f"the search for a shorter {path.name} ended with {error['type']}: {one_line(error['message'], LONGEST)}; leave out by hand what the "
            "model does not need, or give the search more time with --minutes."
        )
    raise InputError(
        f"none of {len(found['before'])} longer runs of {path.name} fails for certain, so that no shorter file can be told to fail; see the "
        "report for what was found."
    )


def told(runs: Sequence[Mapping[str, Any]]) -> str:
    """What the runs of the short file show, in a sentence or two."""
    from faultline.core.errors import one_line

    failing = [run for run in runs if run["fails"]]
    said = f"{len(failing)} of {len(runs)} fresh runs fail"
    errors = sorted({run["error"] for run in runs if run["error"]})
    if errors:
        return f"{said}: {one_line(errors[0], LONGEST)}"
    shares = [
        100 * run["divergences"] / run["n_draws"]
        for run in runs
        if run["n_draws"] and run["divergences"] is not None
    ]
    rhats = [run["max_rhat"] for run in runs if run["max_rhat"] is not None]
    parts = [f"{_range(shares, '.2g')} % of the draws diverge"] if shares else []
    parts += [f"the largest R-hat is {_range(rhats, '.3g')}"] if rhats else []
    return f"{said}: {', and '.join(parts)}." if parts else f"{said}."


def _range(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def written(path: Path, request: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """The short file: what it is, the text that remains, and the lines that sample it."""
    found = record["shortest"]
    used = record["environment"]
    names = ("python", "pymc", "pytensor", request["sampler"]["nuts"], "arviz")
    versions = ", ".join(f"{name} {used[name]}" for name in names if used.get(name))
    head = [
        f"# The shortest version of {path.name} that was found and still fails.",
        f"# As Faultline sampled it, with {request['sampler']['nuts']}: {told(found['after'])}",
        f"# {versions}",
    ]
    return "\n".join(head) + "\n" + found["text"] + "\n\n" + _sampled(found, request)


def _sampled(found: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    """The lines that sample the model, with as many draws as in the search."""
    from faultline.targets.case import read_signature

    signature, settings = read_signature(request["case"]), found["settings"]
    tree = ast.parse(found["text"])
    aliases = {
        alias.name: alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    pm = aliases.get("pymc", "pm")
    chosen = {**request["components"], **request["variants"]}
    arguments = [f"{name}={_quoted(value)}" for name, value in chosen.items()]
    given = request["dataset"] if signature.takes_dataset else None
    arguments = [f"{signature.data}=data", *arguments] if given else arguments
    model = signature.name if signature.is_model else f"{signature.name}({', '.join(arguments)})"
    options = {
        **{
            name: settings[name]
            for name in ("tune", "draws", "chains", "target_accept")
            if settings.get(name)
        },
        "random_seed": found["after"][0]["seed"] if found["after"] else request["seed"],
    }
    # The sampler is PyMC's own choice: PyMC 6.4 cannot call the Blackjax that Faultline samples with.
    said = ", ".join(f"{name}={_quoted(value)}" for name, value in options.items())
    lines = [] if "pymc" in aliases else [f"import pymc as {pm}"]
    if given and found["loads"]:
        sizes = f", max_T={request['max_T']}, max_K={request['max_K']}" if signature.cuts else ""
        lines.append(f"data = load_dataset({json.dumps(given['path'])}{sizes})")
    elif given:
        lines += [
            line.format(path=json.dumps(given["path"]))
            for line in READING[Path(given["path"]).suffix.lower()]
        ]
    lines += [f"with {model}:", f"    idata = {pm}.sample({said})"]
    lines += [
        f"print({pm}.stats.summary(idata))",
        'print(int(idata.sample_stats["diverging"].sum()), "divergences")',
    ]
    if signature.is_model:
        return "\n".join(lines) + "\n"
    return 'if __name__ == "__main__":\n' + "".join(f"    {line}\n" for line in lines)


def _quoted(value: Any) -> str:
    """A value as Python has it, text in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)
