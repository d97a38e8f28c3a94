"""Whether counts and classes put an end to a variable."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.conditional import Conditional
from faultline.engine.factors import Factors
from faultline.probes.unheld import unheld

RNG = np.random.default_rng(4)
DOSE, OTHER = RNG.normal(size=(2, 60))
APART = (DOSE > 0.2).astype(int)
MIXED = np.where(RNG.random(60) < 0.1, 1 - APART, APART)


def names(model, start, far):
    density = Conditional.of(Factors(model))
    draws = np.array([start, far, np.array(far) * 1.1])
    rows = unheld(density, np.array(start), draws, np.ones(len(start)))
    return [set(row["names"]) for row in rows]


def logistic(classes):
    with pm.Model() as model:
        base, slope, side = pm.Cauchy("base", 0, 10), pm.Cauchy("slope", 0, 2.5), pm.Cauchy("side", 0, 2.5)
        pm.Bernoulli("y", logit_p=base + slope * DOSE + side * OTHER, observed=classes)
    return model


@pytest.mark.parametrize(("classes", "found"), [(APART, [{"base", "slope"}]), (MIXED, [])])
def test_coefficients_that_separate_the_classes_run_away_together(classes, found):
    cut = -(DOSE[APART == 0].max() + DOSE[APART == 1].min()) / 2
    assert names(logistic(classes), [4 * cut, 4.0, 0.1], [400 * cut, 400.0, 0.3]) == found


@pytest.mark.parametrize(("events", "found"), [(0, [{"effect"}]), (2, [])])
def test_a_group_without_any_event_puts_no_end_to_its_effect(events, found):
    with pm.Model() as model:
        effect = pm.Normal("effect", 0, 10, shape=3)
        pm.Binomial("y", n=[20, 20, 20], logit_p=effect, observed=[7, events, 12])
    assert names(model, [-0.6, -4.0, 0.4], [-0.5, -9.0, 0.5]) == found


@pytest.mark.parametrize(("gain", "found"), [(1.5e-3, [{"effect"}]), (0.5e-3, [])])
def test_where_nothing_more_can_be_gained_the_likelihood_has_its_maximum(gain, found):
    """Without an event among 20, `20 log(1 + exp(effect))` is all that there is to gain."""
    with pm.Model() as model:
        effect = pm.Normal("effect", 0, 10, shape=2)
        pm.Binomial("y", n=[20, 20], logit_p=effect, observed=[7, 0])
    start = np.log(np.expm1(gain / 20))
    assert names(model, [-0.6, start], [-0.5, start - 5]) == found


def test_effects_of_a_scale_and_real_data_are_not_asked():
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1)
        effect = pm.Normal("effect", 0, scale, shape=2)
        pm.Bernoulli("y", logit_p=effect, observed=[0, 0])
        pm.Normal("z", pm.Normal("mu"), 1.0, observed=[0.1])
    assert names(model, [0.0, -1.0, -1.0, 0.0], [1.0, -9.0, -9.0, 0.1]) == []
