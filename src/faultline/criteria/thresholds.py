"""Every number that decides something while a model is measured, once, with the reason beside it.

What only judging needs stands in the family of findings, or beside the rule of ``diagnosis``, that decides by it: a number that is
changed here measures again. ``docs/decision-rules.md`` explains the rules and lists all limits (``make generated``).
"""

# --- What a pass needs -------------------------------------------------------------------------------------------

# Rank-normalised split R-hat of every free value. Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), section 4.
RHAT_MAX = 1.01

# Smallest bulk and tail effective sample size over all chains. Same paper, section 4: below it neither R-hat nor the
# effective sample size itself is estimated well.
ESS_MIN = 400

# E-BFMI of each chain. Betancourt (2016), "Diagnosing suboptimal cotangent disintegrations": below 0.3 the energy
# moves too slowly for the tails to be explored.
EBFMI_MIN = 0.3

# Share of draws cut short at the largest tree depth. An efficiency warning, not a sign of bias: one draw in ten costs little.
MAX_TREEDEPTH_SHARE = 0.1

# Chains: one chain cannot disagree with another.
CHAINS_MIN = 2

# Divergent share that a sound model may show: non-centered eight schools gave 0, 1 and 2 divergences in 2000 draws on
# three seeds, so a rule of zero would raise false alarms.
BENIGN_DIVERGENT_SHARE = 0.001

# One-sided confidence of the lower bound on the divergent share (Clopper-Pearson): 1 false alarm in 40 at the limit itself.
CONFIDENCE = 0.975

# --- What is a failure beyond doubt ------------------------------------------------------------------------------

# Draws per chain from which a run counts as long: from here R-hat and E-BFMI are good enough to fail a model by.
LONG_RUN_DRAWS = 500

# Draws per chain below which R-hat proves nothing: in 2 chains of 20 with one draw in ten effective, 1200 values give 2.5.
TINY_RUN_DRAWS = 50

# Lower bound of the divergent share above which a short run has failed: ten times the benign share, because a warm-up
# of 300 leaves a few divergences in sound models too. 6 divergences in 200 draws reach it.
SHORT_DIVERGENT_SHARE = 0.01

# The same for a long run: twice the benign share. 15 divergences in 4000 draws reach it.
LONG_DIVERGENT_SHARE = 0.002

# Largest R-hat above which chains of a short run are in different places. Simulated: 1200 values, 2 chains of 100
# draws, autoregressive; where one draw in 20 is effective, the largest R-hat is 1.9 (at most 2.1 in 12 repeats).
SHORT_RHAT_APART = 2.0

# The same for a long run: 1200 values, 4 chains of 1000 draws, one draw in 50 effective: 1.18 (at most 1.21).
LONG_RHAT_APART = 1.2

# Draws in all that this limit and EFFICIENCY_FAILS are made for. In a long run of fewer, R-hat may be further above 1 by
# as much as it has fewer: simulated as above, 2 chains of 500 show 1.53 (at most 1.63); and its efficiency proves nothing.
FULL_RUN_DRAWS = 4000

# A short run that is mostly cut short at the largest tree depth has failed when R-hat is above this as well. Such draws
# end trajectories of 1023 steps: were the geometry sound they would be nearly independent, and 1200 values of which one
# draw in three is effective stay below 1.25 in 2 chains of 100.
SATURATED_RHAT = 1.3

# The largest tree depth of PyMC, Stan and NumPyro, for draws of somebody else's that do not say which was allowed.
USUAL_DEPTH = 10

# Share of draws at the largest tree depth from which the sampler counts as saturated: the typical draw is cut short.
SATURATED_SHARE = 0.5

# E-BFMI below which a long run has failed by itself: the limit at which rstan warns; funnels
# gave 0.04 to 0.14. Between 0.2 and 0.3 the estimate of 1000 draws is not certain enough.
EBFMI_FAILS = 0.2

# Effective draws per draw below which a long run has failed: 400 effective draws would take more than 40,000.
EFFICIENCY_FAILS = 0.01

# How far a chain moves from draw to draw, relative to the rest of its run, below which it is stuck: the median over all
# values. Chains of one distribution stay near 1; step sizes that were adapted separately differ by a factor of 3.
STUCK_MOVEMENT = 0.05

# Log-probability by which a chain may end below another chain, or below the start: draws of n values lie about n / 2 below
# the mode, as half a chi-square, ...
BELOW_PER_VALUE = 0.5

# ... plus five of its standard deviations, each the root of n / 2. Judged only where the chains disagree: heavier tails lie
# further below a mode, and chains that agree have shown where the posterior is.
BELOW_SPREADS = 5.0

# --- Log-probability and gradient --------------------------------------------------------------------------------

# Terms are the same, or one holds the other, where they differ by less than this over random points: the range of their
# difference against their own, or the difference of their gradients. Rounding of sums of some thousand terms.
EQUAL_TERMS_SPREAD = 1e-9

# Random points at which two terms must agree before they count as equal: one or two can be coincidence.
EQUAL_TERMS_POINTS = 3

# CPU seconds in which one term is differentiated and rewritten, before anything is compiled and at every start of Python. One
# operation over an array takes 0.1 to 0.5 however long that is; loops over 120 steps or 250 data, written out, take 5 to 17.
GRAPH_TERM_SECONDS = 3.0

# The same of all terms together: a minute without a draw, every time. 600 cheap terms, 300 variables among them, take 10 to 15.
GRAPH_SECONDS = 60.0

# Longest chain of operations up to which, with the next, a graph is not timed: nothing that is written without a loop has so long
# a one.
GRAPH_DEPTH = 100

# Operations in all up to which it is not timed: they take a second or two.
GRAPH_NODES = 2000

# --- The model taken apart ----------------------------------------------------------------------------------------

# Conditional standard deviations by which a variable moves along a ridge, up to where the density has fallen by half a unit, from which
# it is part of it: along any other direction it moves by one at most.
RIDGE_MOVES = 5.0

# Distance between the means of two chains, in standard deviations within them, from which they are in different places.
CHAINS_APART = 3.0

# Fall of the log-probability on the way between two places, from which they are modes: what is less deep a chain of 500
# draws crosses often, and on a ridge there is none.
VALLEY = 3.0

# Change of the logarithm of a likelihood's integral over its data, between two values of a parameter that nothing but its
# prior keeps, from which the likelihood is no density. Quadrature leaves 1e-3; a scale left out gives its own change.
INTEGRAL_CHANGES = 0.01

# Change of the logarithm of a function's slope, and of the width of a density over it, from which both are estimated: nothing but
# rounding changes what no parameter enters, and a constraint of a given width is no likelihood of data.
WARPED_CHANGES = 0.1

# Largest share of the data that may be a code for a missing value: codes stand for the few that are missing.
CODED_SHARE = 0.3

# Distinct values besides a code: among fewer, gaps are usual.
CODED_AMONG = 10

# Distance of a code from all other values, in units of what these reach over.
CODED_GAP = 3.0

# Divergences below which it is not said where they lie: of fewer, the largest of a thousand distances is large by chance.
DIVERGENCES_MIN = 10

# Rise of the log-probability far away from where it was sampled, beyond which there is no posterior there to be sampled.
RISES = 100.0

# Fall of the log-probability over a power of ten of distance: a density that falls no faster far out has no integral.
FALLS_OFF = 2.302585092994046

# Log-probability, relative to a draw, below which chains do not get on their way out: a plateau there explains nothing.
STILL_REACHED = -10.0

# Log-likelihood that counts and classes must gain on the way out, from which nothing but the prior puts an end to a variable: beyond
# rounding, for the likelihood may not fall anywhere on the way.
FITS_BETTER = 1e-3

# Log-likelihood lost on that way while one variable stays behind, from which the others need it: they fit as well without one that the
# data hold.
FITS_WORSE = 1.0

# Visits of all other values that the draws of a discrete one are expected to make, below which standing still says nothing.
EXPECTED_VISITS = 0.1
