"""The search on textbook models, from the draws to the words."""

import hierarchies
import pytest
from in_process import started

from faultline.core.sections.record import Record
from faultline.experiments.ablation import Ablation
from faultline.findings.ablation import findings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "check", "names"),
    [
        ("radon", "bends", {"sigma_a", "a"}),
        ("separated", "likelihood_peaks", {"base", "potency"}),
        ("translated", "bends", {"tau", "theta"}),
    ],
)
def test_the_part_at_fault_is_named_and_nothing_else(tmp_path, name, check, names):
    worker, subject = started(tmp_path, getattr(hierarchies, name)())
    Ablation(worker, subject, 300.0).run()
    apart = Record.of(worker.record.content).apart
    found = [f for f in findings(apart) if f.check != "prior_expects"]
    assert [(finding.check, set(finding.names)) for finding in found] == [(check, names)]
