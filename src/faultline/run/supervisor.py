"""The supervisor: measures one group in a process of its own and always ends with a valid record.

Whatever a model does (raises, calls ``sys.exit``, hangs, exhausts memory, crashes the interpreter), it does it to the
worker. The supervisor says every few seconds how far the worker is, ends it at its limits, and writes down what was
measured until then. It imports none of the heavy libraries, so that it starts at once and stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import RecordFile, collect_environment, read_json, write_json
from faultline.core.size import smaller
from faultline.run.here import Here
from faultline.run.process import stop_signals
from faultline.run.watch import Watch
from faultline.store.keys import digest, file_digest

OPENED = "opened.jsonl"
ASKED = (
    *("case", "dataset", "components", "variants", "max_T", "max_K", "seed"),
    *("sampler", "freeze", "limits"),
)
CHANGES = ("scenario", "as_yours", "held", "dropped", "start", "seeds")
EXIT_ABANDONED = 3  # the Snakemake that wanted the result is gone


def run(
    key: str,
    request: dict[str, Any],
    folder: Path,
    lock: int,
    label: str,
    in_words: Callable[[str], str],
    forked: bool = False,
    here: bool = False,
) -> int:
    """Measure what the request of a key asks for, in ``folder``: ``measured.json`` there, and ``draws.nc`` if it samples.

    ``lock`` is the descriptor of a lock on the folder, ``label`` what the measurement is called while it runs,
    and ``in_words`` what its stages are.
    ``forked``: its worker is a fork of a process that has imported the libraries, which pays from the second group on.
    ``here``: there is no worker, for the model lives in this process: nothing guards it (`run.here`).
    Returns the exit code: 0 for every finding about the model, also for one that raised or was killed. With any other
    code the measurement is not to be kept.

    Raises
    ------
    InputError
        For a mistake of the user.
    """
    folder = folder.resolve()
    with nullcontext([]) if here else stop_signals() as stops:
        for leftover in ("measured.json", "draws.nc", "events.jsonl", OPENED):
            (folder / leftover).unlink(missing_ok=True)
        inside = {
            "record": str(folder / "measured.json"),
            "draws": str(folder / "draws.nc") if request["stage"] == "sample" else None,
            "events": str(folder / "events.jsonl"),
            "opened": str(folder / OPENED),
        }
        record = RecordFile(inside["record"], **_first_sections(key, request))
        write_json(folder / "spec.json", {**request, **inside})
        size = smaller(request["max_T"], request["max_K"])
        watch = (
            Here(folder) if here else Watch(request["limits"], size, folder, stops, label, in_words, forked)
        )
        error = watch.until_the_end(lock)
        if watch.mistake:
            raise InputError(watch.mistake)
        if watch.abandoned:
            return EXIT_ABANDONED
        record.content = read_json(record.path)
        record.update(timings={"total": watch.elapsed}, peak_memory_mb=watch.peak_mb)
        if error or "error" not in record.content:
            record.update(error=error)
        if not stops and (why := watch.accident(record.content["error"])):
            record.update(error={**record.content["error"], "accident": why})
        if inside["draws"] and not Path(inside["draws"]).exists():
            _empty_draws(Path(inside["draws"]))
        watch.say(_ending(record.content["error"], in_words, request.get("only", ())))
    return 128 + stops[0] if stops else 0


def _first_sections(key: str, request: dict[str, Any]) -> dict[str, Any]:
    """The part of the record that is known before anything runs."""
    asked = {key: request[key] for key in ASKED} | {key: request[key] for key in CHANGES if key in request}
    dataset = request["dataset"]
    now = datetime.now()
    return {
        "kind": request["kind"],
        "request": key,
        "run_id": now.strftime("%Y-%m-%dT%H-%M-%S"),
        "timestamp": now.isoformat(timespec="seconds"),
        "asked": {**asked, "dataset": dataset and dataset["path"]},
        "environment": collect_environment(),
        "fingerprints": {
            "dataset": dataset and file_digest(dataset.get("file") or dataset["path"]),
            "model_source": request["sources"],
            "config": digest(asked),
            **({"draws": request["idata"]["sha256"]} if "idata" in request else {}),
        },
    }


def _empty_draws(path: Path) -> None:
    """A file without draws: the next stages always find one."""
    import h5netcdf

    h5netcdf.File(path, "w").close()


def _ending(error: dict[str, Any] | None, in_words: Callable[[str], str], only: Sequence[str]) -> str:
    if not error:
        return f"ran {' and '.join(only)}" if only else "measured"
    return f"ended while {in_words(error['stage'])}: {error['type']}: {error['message']}"
