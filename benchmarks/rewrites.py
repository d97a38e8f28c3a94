"""Every change that a model of benchmarks/faults allows, forced on it: the posterior has to stay the same.

A line for each that does not, that decides nothing, or that raises; then the counts. Nothing is sampled: points are of the prior and at extreme scales.

    python benchmarks/rewrites.py [--models blind] [--only NAME ...] [--written faulty repaired sound]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from faultline.engine.backend import plan_environment  # noqa: E402

os.environ.update(plan_environment())

from benchmarks.faults.corpus import SETS, Run, runs  # noqa: E402
from faultline.remedies.apply import candidates, rewritten  # noqa: E402
from faultline.remedies.identity import check  # noqa: E402
from faultline.remedies.rewrite import NotApplicable  # noqa: E402
from faultline.targets.loading import load_case  # noqa: E402

WAYS = ("faulty", "repaired", "sound")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", choices=SETS, default="all")
    parser.add_argument("--only", nargs="+", default=())
    parser.add_argument("--written", nargs="+", choices=WAYS, default=WAYS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    found, began = Counter(), time.monotonic()
    wanted = [run for run in runs(arguments.models) if run.written in arguments.written]
    for run in wanted:
        if arguments.only and run.model not in arguments.only:
            continue
        for kind, outcome, said in forced(run):
            found[kind, outcome] += 1
            if outcome != "holds":
                print(f"{run.name}: {kind}: {outcome}: {said}", flush=True)
    print(f"\n{len(wanted)} models, {time.monotonic() - began:.0f} s")
    for (kind, outcome), count in sorted(found.items()):
        print(f"{kind}, {outcome}: {count}")
    return 1 if any(outcome in ("fails", "raises") for _, outcome in found) else 0


def forced(run: Run) -> list[tuple[str, str, str]]:
    """Kind, outcome and reason of each change of one model, by itself."""
    try:
        case = load_case(str(run.path))
        model = case.build(None, {}, {} if run.written == "sound" else {"written": run.written})
    except Exception as error:  # a model that is broken on purpose
        return [("none", "not built", type(error).__name__)]
    try:
        steps = candidates(model)
    except Exception:
        return [("candidates", "raises", traceback.format_exc())]
    rows = []
    for step in steps:
        try:
            [rewrite] = rewritten(model, [step])
            found = check(rewrite, [], seed=1)
        except NotApplicable as reason:
            rows.append((step["kind"], "not applicable", str(reason)))
        except Exception:
            rows.append((step["kind"], "raises", f"{step['names']} {traceback.format_exc()}"))
        else:
            outcome = {True: "holds", False: "fails", None: "not known"}[found.holds]
            rows.append((step["kind"], outcome, f"{step['names']} {found.why} ({found.points} points)"))
    return rows


if __name__ == "__main__":
    sys.exit(main())
