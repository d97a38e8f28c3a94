"""The tutorial runs as it is written, and shows what it says."""

import nbformat
import pytest
from tutorial import TUTORIAL, executed


@pytest.mark.reliability
def test_the_tutorial_runs_and_its_answers_are_those_that_it_shows():
    def shown(notebook) -> list[str]:
        """What each cell says in words, without the numbers."""
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        return [output.data["text/plain"].split("(/")[0] for output in outputs]

    stored, now = shown(nbformat.read(TUTORIAL, as_version=4)), shown(executed())
    assert len(now) == len(stored) == 7
    headlines = [words.split("`")[0] for words in stored]
    assert [words.split("`")[0] for words in now] == headlines
    assert "a funnel: " in headlines[0] and "data that are not finite" in headlines[3]
    assert "several modes" in headlines[5] and "the draws fail" in headlines[6]
