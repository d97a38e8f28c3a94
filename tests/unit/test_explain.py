"""``faultline explain``: every check of the page is explained, with its limits, in the words of the page."""

import pytest
from test_advice import made

from faultline.cli.explain import PAGE, entries, explained
from faultline.cli.places import of_faultline
from faultline.core.errors import InputError

TEXT = of_faultline(PAGE).read_text(encoding="utf-8")


def test_every_check_is_explained():
    for name in made():
        said = explained(name, TEXT)
        assert said.startswith(f"{name} (") and len(said) > len(name) + 30, name
        assert not set("`|") & set(said), name


def test_the_limits_of_a_check_come_with_it():
    said = explained("chains_together", TEXT)
    assert "The chains disagree" in said
    assert "LONG_RHAT_APART (Limits)\n  value: 1.2\n" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RHAT_MAX", "value: 1.01"),
        ("rhat_max", "value: 1.01"),
        ("funnel", "checks: bends"),
        ("bends", "class: bad geometry or parameterization"),
        ("SLOW_COMPILE", "A slow compile is not a hang"),
        ("a", "bad geometry or parameterization"),
    ],
)
def test_other_names_are_explained_too(name, words):
    assert words in " ".join(explained(name, TEXT).split())


def test_a_name_that_is_none_leads_to_the_nearest():
    with pytest.raises(InputError, match="did you mean chains_together"):
        explained("chain_together", TEXT)


def test_rows_have_as_many_cells_as_their_table_has_columns():
    assert all(len(row.cells) == len(row.heads) for row in entries(TEXT))
