"""Urea hydrolysis by urease in a closed vessel: rate, acid-base equilibrium, and the curve Phi from which every record follows.

Of x mol/L hydrolyzed, ammonia is 2 x, carbon x and urea S0 - x, so pH and rate depend on x alone, and time separates:
pH(t) = Phi(tau) with tau = E0 (1 - exp(-k_d t)) / k_d. Phi depends on (S0, temperature, initial pH) only.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicSpline

K0, EA, GAS, KM, KS = 0.267, 29.1e3, 8.314, 2.56e-3, 6.18  # mol/(s g), J/mol, J/(mol K), mol/L, mol/L
KW, KA_NH4, KA1, KA2 = 1e-14, 5.62e-10, 4.45e-7, 4.69e-11
KP_PH = np.array([6.25, 6.5, 7.0, 7.5, 8.0, 8.5, 8.75, 9.0])
KP = np.array(
    [0.1785, 0.1194, 0.0693, 0.0386, 0.0311, 0.0327, 0.0298, 0.0310]
)  # mol/L, of ammonia's inhibition
PH_RANGE = (1.0, 13.0)
HALVINGS = 44  # of that range: to 1e-12
# Steps in logit(x / S0), from a share of 2e-11 to one of 1 - 2e-9.
LOGITS = np.linspace(-25.0, 20.0, 451)
# g s/L, where Phi is tabulated. A record of the slowest enzyme begins at 1.5e-4, one of the fastest ends at 2500.
TAU = np.concatenate([[0.0], np.geomspace(1e-4, 3e3, 1000)])


def rate(urea, ammonia, ph, temperature):
    """mol/(L s) per g/L of enzyme. ``urea`` and ``ammonia`` in mol/L, ``temperature`` in Celsius; arrays of one shape."""
    acid = 10.0**-ph
    first = 10.0 ** -(8.21714 + 0.0342857 * temperature)
    second = 10.0 ** -(6.40714 - 0.0317143 * temperature)
    a, b = 0.0908571 + 0.0113143 * temperature, 0.22 + 0.0139 * temperature
    of_ph = 1 / (1 + (first / acid) ** a + (acid / second) ** b)
    of_heat = K0 * np.exp(-EA / (GAS * (temperature + 273.15)))
    saturation = urea / (KM + urea + urea**2 / KS)
    return of_heat * of_ph * saturation / (1 + ammonia / np.interp(ph, KP_PH, KP))


def charge(ph, ammonia, carbon):
    """The sum of the charges, in mol/L, without that of the strong ions."""
    acid = 10.0**-ph
    below = acid**2 + KA1 * acid + KA1 * KA2
    ammonium = ammonia * acid / (acid + KA_NH4)
    return acid + ammonium - KW / acid - carbon * KA1 * acid / below - 2 * carbon * KA1 * KA2 / below


def equilibrium(ammonia, carbon, strong):
    """pH where the charges cancel, by bisection; ``strong``: the charge of the strong ions in mol/L."""
    shape = np.broadcast_shapes(*map(np.shape, (ammonia, carbon, strong)))
    low, high = (np.full(shape, each) for each in PH_RANGE)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = charge(middle, ammonia, carbon) + strong > 0  # the sum falls as pH rises
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def phi(substrate, temperature, initial_ph):
    """pH (n, len(TAU)) of n conditions at `TAU`: substrate in mol/L, temperature in Celsius, initial pH, all (n,)."""
    substrate, temperature, initial_ph = (
        np.asarray(each, float)[:, None] for each in (substrate, temperature, initial_ph)
    )
    share = 1 / (1 + np.exp(-LOGITS))
    x, left = substrate * share, substrate / (1 + np.exp(LOGITS))
    strong = -charge(initial_ph, 0.0, 0.0)
    ph = equilibrium(2 * x, x, strong)
    # dx/dtau = rate/2, and dx = x (1 - x/S0) dlogit.
    slope = 2 * x * (1 - share) / rate(left, 2 * x, ph, temperature)
    tau = cumulative_simpson(slope, x=LOGITS, axis=1, initial=0.0) + slope[:, :1]
    found = [CubicSpline(np.log(each), values)(np.log(TAU[1:])) for each, values in zip(tau, ph, strict=True)]
    return np.concatenate([initial_ph, np.stack(found)], axis=1)


def tau_of(enzyme, decay, times):
    """tau in g s/L: ``enzyme`` in g/L, ``decay`` in 1/s, times in s, broadcast."""
    rates = np.asarray(decay, float) * times
    small = np.abs(rates) < 1e-9
    share = np.where(small, 1.0, -np.expm1(-rates) / np.where(small, 1.0, rates))
    return enzyme * times * share


def records(curves, enzyme, decay, times):
    """pH (n, points) by curves (n, len(TAU)), enzyme and decay (n,), times (n, points) or (points,)."""
    taus = tau_of(np.asarray(enzyme)[:, None], np.asarray(decay)[:, None], times)
    return np.stack([np.interp(tau, TAU, curve) for tau, curve in zip(taus, curves, strict=True)])
