"""The call, whole: a live model is diagnosed in processes of its own, and the answer is that of the command's pages."""

import _thread
import json
import signal
import threading

import psutil
import pytest
from live import Y, funnel

import faultline
from faultline.core.record import read_json

pytestmark = pytest.mark.reliability
SETTINGS = {"sampler.draws": 100, "sampler.tune": 200, "limits.apart": 60}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> faultline.Diagnosis:
    folder = tmp_path_factory.mktemp("api") / "results"
    with funnel(Y):
        return faultline.diagnose(path=folder, settings=SETTINGS, cores=2, progressbar=False)


def test_the_model_of_the_block_is_diagnosed(found):
    assert found.outcome == "fail" and set(found.part) <= {"tau", "theta", "mu"} and found.part
    assert "geometry" in found.cause and found.how_sure in ("high", "medium", "low", "undecided")
    assert [row["number"] for row in found.groups] == [1, 2, 3, 4]
    assert found.idata["posterior"]["theta"].dims == ("chain", "draw", "school")
    assert found.next_steps and found.suspects and found.evidence


def test_every_view_says_the_same(found):
    page = (found.folder / "report_summary.md").read_text()
    assert json.loads(found.to_json())["answer"]["headline"] == found.answer.headline
    assert found.answer.headline in repr(found)
    for view in (found._repr_html_(), found.to_html()):
        assert "<strong>" in view and 'src="data:image/png' in view
        assert all(name in view for name in found.part)
    assert found.answer.headline.split(": ")[-1] in page
    assert faultline.load(found.folder).summary == read_json(found.folder / "results" / "summary.json")
    assert faultline.load(found.folder.parent).folder == found.folder


@pytest.fixture
def interrupts():
    """As in a shell and in a notebook; pytest's workers ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_function_gets_its_data_and_an_interrupt_leaves_no_process(tmp_path, capfd, interrupts):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    timer = threading.Timer(12, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        faultline.diagnose(funnel, data=Y, path=tmp_path, settings={"sampler.draws": 100_000})
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before
    assert (tmp_path / "model.pkl").is_file() and "group" in capfd.readouterr().err
