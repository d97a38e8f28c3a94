"""Draws without their model: what they prove, what they leave open, and where ArviZ says otherwise."""

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

from faultline.core.errors import InputError
from faultline.core.sections.record import Record
from faultline.diagnosis.rules import judged
from faultline.diagnosis.summarise import summarise
from faultline.engine.draws import write_draws
from faultline.probes.given_draws import by_arviz, read_draws, settings_of, summarise_given

SHAPE = (4, 1000)
RNG = np.random.default_rng(1)


def tree(posterior: dict, **stats) -> xr.DataTree:
    """Draws as a sampler leaves them; independent ones have an E-BFMI of 1 or more."""
    own = {"diverging": np.zeros(SHAPE, bool), "energy": RNG.normal(size=SHAPE), "lp": RNG.normal(size=SHAPE)}
    own |= {"tree_depth": np.full(SHAPE, 3)} | stats
    at = {"chain": range(SHAPE[0]), "draw": range(SHAPE[1])}
    groups = {
        name: xr.Dataset({key: _array(value) for key, value in found.items()}, at)
        for name, found in (("posterior", posterior), ("sample_stats", own))
    }
    return xr.DataTree.from_dict(groups)


def _array(value: np.ndarray) -> xr.DataArray:
    value = np.asarray(value)
    return xr.DataArray(value, dims=("chain", "draw", *(f"d{i}" for i in range(value.ndim - 2))))


def verdict(draws: xr.DataTree) -> Record:
    record = {
        "kind": "draws",
        "group": "group_1_draws_as_given",
        "number": 1,
        "schema_version": 1,
        "title": "The draws as given",
        "run_id": "today",
        "timestamp": "2026-01-01T00:00:00",
        "asked": {"case": "draws.nc", "components": {}, "variants": {}, "dataset": None}
        | {"max_T": None, "max_K": None, "seed": 1, "sampler": None},
        "sampling": summarise_given(draws),
        "probes": {"arviz": by_arviz(draws)},
        "error": None,
    }
    return Record.of(judged(record))


def check(record: Record, name: str) -> dict:
    return next(check for check in record.checks if check["name"] == name)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=(*SHAPE, *shape))


def test_independent_draws_pass_and_arviz_agrees():
    record = verdict(tree({"x": normal(3)}))
    assert record.verdict.outcome == "pass"
    assert record.sampling.max_rhat < 1.01 and record.sampling.min_ess > 3000
    agrees = check(record, "agrees_with_arviz")
    assert agrees["passed"] is True and agrees["note"] == "arviz.diagnose flags nothing"


def test_what_cannot_move_counts_as_known_unless_nothing_moves():
    fixed = np.zeros((*SHAPE, 2, 2)) + np.eye(2)
    fixed[..., 0, 1] = fixed[..., 1, 0] = np.tanh(normal())
    record = verdict(tree({"corr": fixed}))
    assert record.verdict.outcome == "pass"
    assert record.sampling.variables[0]["n_constant"] == 2
    stuck = verdict(tree({"x": np.ones((*SHAPE, 2))}))
    assert stuck.verdict.outcome != "pass" and stuck.sampling.n_undefined == 2
    # Stuck chains are stuck at values of their own.
    apart = np.broadcast_to(np.arange(4.0)[:, None], SHAPE)
    assert verdict(tree({"x": apart, "y": normal()})).verdict.outcome != "pass"


def test_chains_in_different_places_fail():
    record = verdict(tree({"x": normal() + 3 * np.arange(4)[:, None]}))
    assert record.verdict.outcome == "fail"
    assert "Give the model as well." in record.verdict.next_action


@pytest.mark.parametrize("n", [2, 200])
def test_divergences_count_by_their_share(n):
    diverging = np.zeros(SHAPE, bool)
    diverging.flat[:n] = True
    record = verdict(tree({"x": normal()}, diverging=diverging))
    assert record.verdict.outcome == ("pass" if n == 2 else "fail")
    agrees = check(record, "agrees_with_arviz")
    assert agrees["passed"] is (n != 2) and f"{n} divergent draws" in agrees["note"]
    if n == 2:
        assert "the draws pass here all the same: it flags any divergent draw" in agrees["note"]


def slow() -> np.ndarray:
    """All halves of chains have the same values, but for the sign: only the ESS is low."""
    half = lfilter([1.0], [1.0, -0.9], RNG.normal(size=500))
    half -= half.mean()
    return np.multiply.outer([1, -1, 1, -1], [*half, *half[::-1]])


SATURATED = np.ones(SHAPE, bool)


@pytest.mark.parametrize(
    ("drawn", "stats", "key", "found", "said"),
    [
        (normal(), {"energy": normal().cumsum(1)}, "low_bfmi", 4, "a low E-BFMI (4 chains)"),
        (
            normal(),
            {"reached_max_treedepth": SATURATED},
            "saturated",
            4000,
            "4000 draws at the maximum tree depth",
        ),
        (normal() + 3 * np.arange(4)[:, None], {}, "high_rhat", ["x"], "the ESS of x, the R-hat of x"),
        (slow(), {}, "low_ess", ["x"], "the ESS of x"),
    ],
    ids=["energy", "depth", "chains", "autocorrelation"],
)
def test_what_arviz_flags_is_said(drawn, stats, key, found, said):
    draws = tree({"x": drawn, "sound": normal()}, **stats)
    assert by_arviz(draws)[key] == found
    note = check(verdict(draws), "agrees_with_arviz")["note"]
    assert note.split("; ")[0].removeprefix("arviz.diagnose flags ") == said


@pytest.mark.parametrize(("count", "said"), [(3, "x0, x1, x2"), (5, "x0, x1, x2 and 2 more")])
def test_of_many_that_arviz_flags_three_are_named(count, said):
    apart = normal() + 3 * np.arange(4)[:, None]
    draws = tree({f"x{i}": apart for i in range(count)})
    note = check(verdict(draws), "agrees_with_arviz")["note"]
    assert note == f"arviz.diagnose flags the ESS of {said}, the R-hat of {said}"


def test_a_few_draws_at_the_maximum_depth_pass_all_the_same():
    few = np.zeros(SHAPE, bool)
    few[0, :3] = True
    record = verdict(tree({"x": normal()}, reached_max_treedepth=few))
    note = check(record, "agrees_with_arviz")["note"]
    assert (
        record.verdict.outcome == "pass"
        and "flags 3 draws at the maximum tree depth; the draws pass here" in note
    )
    assert "it flags any draw at the maximum tree depth" in note


def test_what_the_run_says_of_itself_is_kept():
    draws = tree({"x": normal()})
    draws["posterior"].attrs = {"inference_library": "nutpie", "tuning_steps": 500, "sampling_time": 2.5}
    kept = summarise_given(draws)
    assert (kept["nuts"], kept["tune"], kept["seconds"]) == ("nutpie", 500, 2.5)
    draws["posterior"].attrs = {"tuning_steps": "many", "sampling_time": np.nan}
    kept = summarise_given(draws)
    assert (kept["nuts"], kept["tune"], kept["seconds"]) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("drawn", "headline"),
    [
        (normal(), "no fault found: every group passed"),
        (
            normal() + 3 * np.arange(4)[:, None],
            "the draws fail; draws alone do not tell which part of the model is at fault, or why",
        ),
        (normal()[:1], "these draws do not decide whether the model samples well"),
    ],
    ids=["pass", "fail", "one chain"],
)
def test_the_headline_says_what_draws_can_tell(drawn, headline):
    draws = tree({"x": np.resize(drawn, SHAPE)}).isel(chain=range(len(drawn)))
    assert summarise([verdict(draws)])["answer"]["headline"] == headline


def test_what_arviz_does_not_look_at_is_said():
    draws = normal()
    draws[0, 5] = np.nan
    record = verdict(tree({"x": draws, "y": normal()}))
    assert record.verdict.outcome != "pass"
    agrees = check(record, "agrees_with_arviz")
    assert agrees["passed"] is False and "arviz.diagnose flags nothing" in agrees["note"]
    assert "the draws do not pass here: the number of drawn values that are not finite is 1" in agrees["note"]
    assert record.verdict.next_action.startswith("Find out why draws are not finite.")
    assert check(record, "nonfinite_draws")["passed"] is False


def test_without_the_samplers_statistics_a_pass_is_not_known():
    draws = xr.DataTree.from_dict({"posterior": tree({"x": normal()})["posterior"].to_dataset()})
    record = verdict(draws)
    assert record.verdict.outcome == "inconclusive"
    assert check(record, "divergences_benign")["passed"] is None
    assert record.verdict.next_action.startswith("Keep what the sampler says of itself")
    assert "not known here, and a pass needs it: " in check(record, "agrees_with_arviz")["note"]


def test_one_chain_does_not_pass():
    record = verdict(tree({"x": normal()}).isel(chain=[0]))
    assert record.verdict.outcome == "inconclusive"
    assert record.verdict.next_action.startswith("Run at least two chains.")


@pytest.mark.parametrize(("deepest", "outcome"), [(9, "pass"), (10, "fail"), (11, "inconclusive")])
def test_what_a_depth_means_depends_on_what_was_allowed(deepest, outcome):
    """A depth above the usual maximum shows that more was allowed: how much is not known."""
    record = verdict(tree({"x": normal()}, tree_depth=np.full(SHAPE, deepest)))
    assert record.verdict.outcome == outcome
    if outcome == "fail":
        assert record.sampling.max_treedepth_fraction == 1.0
    else:
        assert record.sampling.max_treedepth_fraction == (0.0 if outcome == "pass" else None)


def test_padding_counts_as_known_and_a_nan_among_numbers_does_not():
    ragged = normal(3)
    ragged[..., 2] = np.nan
    assert verdict(tree({"x": ragged})).verdict.outcome == "pass"
    ragged[0, 0, 0] = np.nan
    assert verdict(tree({"x": ragged})).verdict.outcome != "pass"


def test_draws_accuse_no_part():
    record = verdict(tree({"x": normal() + 3 * np.arange(4)[:, None]}))
    assert (record.verdict.component, record.verdict.cause_class) == (None, None)


def test_draws_come_back_from_a_file_with_text_left_out(tmp_path):
    draws = tree({"x": normal(2), "k": RNG.integers(0, 3, SHAPE)})
    draws["posterior"] = draws["posterior"].to_dataset().assign(word=("d0", ["a", "b"]))
    write_draws(draws, tmp_path / "draws.nc")
    found = read_draws(tmp_path / "draws.nc")
    assert set(found["posterior"].data_vars) == {"x", "k"} and set(found.children) == {
        "posterior",
        "sample_stats",
    }


def test_chains_and_draws_without_numbers_get_them(tmp_path):
    bare = xr.Dataset({"x": (("chain", "draw"), normal())})
    write_draws(xr.DataTree.from_dict({"posterior": bare}), tmp_path / "draws.nc")
    found = read_draws(tmp_path / "draws.nc")["posterior"]
    assert {name: len(at) for name, at in found.coords.items()} == {"chain": 4, "draw": 1000}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no netCDF", "cannot be read: "),
        ({"prior": xr.Dataset({"x": ("draw", [1.0])})}, "have no group posterior"),
        ({"posterior": xr.Dataset({"x": ("draw", [1.0])})}, "'x' has no dimension chain"),
        ({"posterior": xr.Dataset({"x": (("chain", "draw"), [["a"]])})}, "hold no draw of a number"),
        ({"posterior": xr.Dataset({"x": (("chain", "draw"), np.zeros((2, 0)))})}, "hold no draw of a number"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "draws.nc"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        write_draws(xr.DataTree.from_dict(content), path)
    with pytest.raises(InputError, match=sentence) as caught:
        read_draws(path)
    assert "\n" not in str(caught.value) and "give one written by idata.to_netcdf" in str(caught.value)


def test_draws_tell_how_many_there_are_and_who_made_them():
    draws = tree({"x": normal()})
    assert settings_of(draws) == {"chains": 4, "draws": 1000}
    draws["posterior"].attrs = {"inference_library": "nutpie", "tuning_steps": np.int64(400)}
    assert settings_of(draws) == {"chains": 4, "draws": 1000, "tune": 400, "nuts_sampler": "nutpie"}
    del draws["sample_stats"]  # of another step method, which it does not name
    assert "nuts_sampler" not in settings_of(draws)
    draws["posterior"].attrs = {"inference_library": "cmdstanpy"}
    assert settings_of(draws) == {"chains": 4, "draws": 1000}
