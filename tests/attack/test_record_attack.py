"""Records and manifests that are cut short, overwritten or hold other values: each stage says so, and none takes them for true."""

from __future__ import annotations

import functools
import json

import matplotlib.font_manager  # noqa: F401  it looks for fonts with a command, once
import report_samples
from attacking import command, inputs
from hypothesis import given
from hypothesis import strategies as st
from junk import damaged, mutated

from faultline.cli import judge, plot, report, summary
from faultline.core.record import _plain, write_json


@functools.cache
def records() -> list[dict]:
    """Not made while tests are collected: one of them samples, in every process that tests."""
    return [
        _plain(record)
        for record in (
            report_samples.build_record(),
            report_samples.gradient_record(),
            report_samples.sampling_record(),
            report_samples.error_record(),
        )
    ]


def jsonable(value) -> bytes:
    try:
        return json.dumps(value).encode(errors="surrogatepass")
    except (TypeError, ValueError):
        return b"{}"


DAMAGED = st.deferred(lambda: st.sampled_from(records())).flatmap(
    lambda record: st.tuples(
        st.just(record), st.one_of(damaged(jsonable(record)), mutated(record).map(jsonable))
    )
)


@inputs(300)
@given(stage=st.sampled_from(["judge", "report", "summary"]), pair=DAMAGED)
def test_records(folder, stage, pair):
    record, content = pair
    suite = folder / "suite"
    results = suite / "results" / f"results_{record['group']}.json"
    write_json(results, record)
    results.write_bytes(content)
    if stage == "judge":
        command(folder, judge.main, ["--record", str(results), "--output", str(results)])
    elif stage == "report":
        command(folder, report.main, ["--record", str(results)])
    else:
        command(folder, summary.main, ["--suite_dir", str(suite)])
    results.unlink(missing_ok=True)


MANIFEST = {
    "group": "group_1_build_only_sanity",
    "run_id": "x",
    "files": ["artifacts_manifest.json", "logp_terms.png"],
    "pictures": [{"file": "logp_terms.png", "title": "Terms", "drawn": True}],
}


@inputs(100)
@given(content=st.one_of(damaged(jsonable(MANIFEST)), mutated(MANIFEST).map(jsonable)))
def test_manifests(folder, content):
    suite, record = folder / "listed", records()[0]
    results = suite / "results" / f"results_{record['group']}.json"
    write_json(results, record)
    pictures = suite / "plots" / record["group"]
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / "logp_terms.png").touch()
    (pictures / "artifacts_manifest.json").write_bytes(content)
    command(folder, report.main, ["--record", str(results)])
    command(folder, summary.main, ["--suite_dir", str(suite)])


@inputs(24)
@given(pair=DAMAGED)
def test_pictures(folder, pair):
    record, content = pair
    path = folder / "drawn" / "results" / "results.json"
    write_json(path, record)
    path.write_bytes(content)
    command(folder, plot.main, ["--record", str(path)])
