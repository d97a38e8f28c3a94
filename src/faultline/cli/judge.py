"""Judge one group: apply the decision rules to its measurements and write the results, latest and by run id.

Measuring is a separate stage, so a changed rule does not sample again.

    python -m faultline judge --record D/results/measured_G.json --output D/results/results_G.json
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.core.record import read_record, write_json
from faultline.diagnosis.rules import judged
from faultline.jobs.publish import check_run_id
from faultline.store.suite import Suite


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the judge stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", type=Path, required=True, help="the measurements, measured_G.json")
    parser.add_argument(
        "--output", type=Path, required=True, help="where to write the results, results_G.json"
    )
    arguments = parser.parse_args(argv)

    def stage() -> int:
        if not arguments.record.is_file():
            raise InputError(f"there is no record {arguments.record}; measure the group first.")
        suite, record = Suite(arguments.output.parent.parent), read_record(arguments.record)
        kept = f"results_{record['group']}__{record['run_id']}.json"
        check_run_id(suite, record["group"], record["run_id"], record.get("request", ""), overwrite=False)
        record = judged(record)
        for path in (arguments.output, arguments.output.with_name(kept)):
            write_json(path, record)
        return 0

    return cli.run(stage)
