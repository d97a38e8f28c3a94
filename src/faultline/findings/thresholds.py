"""Every number that decides something when a record is judged, once, with the reason beside it. Prose and plots quote it from here.

Those that decide while a model is measured stand in ``faultline.criteria.thresholds`` and are named here too.
``docs/decision-rules.md`` explains the rules; its tables of limits are made of both files (``make generated``).
"""

from faultline.criteria.thresholds import *  # noqa: F403

# --- What is a failure beyond doubt ------------------------------------------------------------------------------

# Share of the true values inside their 90 % intervals below which the model recovers something else than the truth.
# Wide, because the values of one trajectory are correlated: 50 independent ones scatter by 0.04 around 0.9.
COVERAGE_90_MIN = 0.7

# --- Log-probability and gradient --------------------------------------------------------------------------------

# Relative error of the gradient against central finite differences. Rounding leaves at most about 1e-4 in double
# precision; the smallest wrong gradient worth finding (a factor 1.3) leaves 0.3.
FD_RELATIVE_ERROR = 1e-2

# Largest share of the squared gradient norm that one variable may hold without a remark: beyond it the first step of
# the sampler sees that variable alone. A remark, not a failure: a steep start is not yet a wrong model.
GRADIENT_SHARE = 0.99

# Log-probability that the default start may lose to its jitter, per free value. Uniform(-1, 1) jitter costs 1 / (6 sd^2)
# each: 100 is lost where the posterior is 25 times narrower than the jitter.
JITTER_LOSS_PER_VALUE = 100.0

# Seconds from asking for a compiled function to its first value above which the status says SLOW_COMPILE. Without a sign
# of life people wait about 10 s before they suspect a hang; a published run took 44.73 s for a crash.
SLOW_COMPILE_SECONDS = 20.0

# Share of draws from the prior at which a parameter may leave its domain: each is a start or a step that the sampler cannot
# take. Priors that only touch the limit of a domain leave one draw in a hundred there.
OUT_OF_DOMAIN = 0.05

# --- The model taken apart ----------------------------------------------------------------------------------------

# Times more effective draws per gradient with a variable held than without, from which holding it helps. Fits that hold
# nothing differ by up to 3.5 where a model samples badly, and what is innocent gives at most 2.
GAIN_HELPS = 4.0

# The same where a longer run passes after all: in every model some variable mixes slowest, and holding it gives up to 50 times as
# many effective draws per gradient in sound ones (an autoregression over an area); what is written the wrong way gives 300 and more.
GAIN_BEYOND_DOUBT = 100.0

# Effective draws per draw below which a variable counts as one that samples badly; sound models show 0.2 and more.
MIXES_BADLY = 0.1

# R-hat of a fit of 4 x 1000 draws up to which holding counts as a cure.
CURED_RHAT = 1.05

# Change of the logarithm of one value's curvature, per spread of another, from which the second sets the scale of the
# first. Log-scale priors give 2 in a funnel; data that inform the scale leave 0.3 or less.
BENDS = 0.5

# The same where nothing else confirms it.
BENDS_ALONE = 1.0

# Curvature along a direction, relative to the largest, below which it is a ridge: trajectories need the square root of its
# inverse as many steps, ten here.
RIDGE = 0.01

# Times more steps that a ridge within one variable must cost than the bend between it and another to be the reason: a random
# walk is a long ridge in itself, and its scale bends it all the same (5 there).
RIDGE_OUTWEIGHS = 20.0

# Part of a direction from which a variable counts as spanning it.
RIDGE_SHARE = 0.15

# Part of the largest move along a ridge, in conditional standard deviations (RIDGE_MOVES), from which a variable belongs to it: what moves
# less follows, as far as rounding and draws tell.
RIDGE_FOLLOWS = 0.05

# Times as wide at one end of another variable's range as at the other end, up to which a variable is of one width: a slope of BENDS
# gives 2.3, and quantiles of a few hundred draws that mix badly scatter by a fifth.
ONE_WIDTH = 1.5

# Log-probability per value that a prior costs the rest of the model, from which the two contradict each other: six standard
# deviations of a normal prior. Priors that agree with their data cost a few.
PRIOR_COSTS = 18.0

# The same where the model fails and all the rest knows the variable to be beyond anything that its prior allows: two standard
# deviations, for the rest takes a detour of its own where there is one.
PRIOR_PULLS = 2.0

# How far beyond, in widths of the middle 90 % of the prior: a slip of units or of a precision gives hundreds.
UNEXPECTED_WIDTHS = 30.0

# And in widths of the middle 90 % of where the rest puts it: ten standard deviations. A variable that only its prior holds (along a
# ridge) stays below 0.6.
KNOWN_WIDTHS = 3.0

# Logarithm (base 10) of the tail of its prior in which a posterior lies, from which the two contradict each other: six standard
# deviations of a normal prior, too. Sound models stay above -2.
CONFLICT_FAILS = -9.0

# Probability of the largest distance over all values, from which on it is chance that divergences lie where other draws do
# not. A ladder asks several groups, and "begin with" sends someone to work: one false lead in a hundred groups.
APART_BY_CHANCE = 0.01

# Logarithm (base 10) of the tail of its prior in which a posterior lies, from which it is worth a remark.
CONFLICT_REMARK = -2.0

# Lines from draws on which a factor must end, jump or lose its gradient: one may have been an accident.
CLIFF_LINES = 2

# --- Ranking of suspects: an order, not probabilities ------------------------------------------------------------

# A fault measured directly in a term that stands in the smallest model that fails to sample.
SCORE_EXPLAINS = 0.95

# The part that the ladder isolates: the smallest set of components whose model fails.
SCORE_LADDER = 0.9

# A fault measured directly that cannot be what makes the smallest model fail.
SCORE_FOUND = 0.8

# A run that was broken from outside: it says nothing against the model, so whatever was measured comes before it.
SCORE_BROKEN = 0.6

# A part that may be at fault, where the group that would decide is missing, unfinished or inconclusive.
SCORE_UNDECIDED = 0.4

# A remark: worth knowing, no failure by itself.
SCORE_WARNING = 0.2
