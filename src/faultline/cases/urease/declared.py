"""What has to hold of case ``urease``, and what its oracles look at: plain literals. The authors' audit is in ``audit``."""

# fmt: off
CRITERIA = {
    "train.val_loss": {"finite": True, "words": "the validation loss that each epoch logs"},
    "evaluate.mae_ratio": {"at_most": 0.25, "margin": 0.05,
        "words": "the mean absolute error of E0 on the test rows, as a share of the prior mean's",
        "why": "at 1 the network knows nothing; on validation rows single seeds reach 0.06 to 0.21, the mechanistic fit 0.02"},
    "evaluate.out_of_range": {"at_most": 0, "margin": 0.01,
        "words": "the share of test rows with a parameter outside of its range"},
    "evaluate.coverage_outside": {"at_most": 0, "margin": 0.02,
        "words": "how far the coverage of the 90 percent intervals is outside of 0.80 to 0.97",
        "why": "200 intervals of one run scatter by 0.02"},
    "forecast.r2": {"at_least": 0.8, "margin": 0.03,
        "words": "R2 of the forecast up to 2000 s on a grid of 5 s, the mean over test rows",
        "why": "the prior mean reaches 0.6, the true E0 with the mean k_d 0.95"},
}

# The authors' shape checks, and the files' order of known inputs and targets.
CONTRACT = {
    "generate.known_inputs": {"dtype": "float64", "shape": ["rows", 5], "finite": True},
    "generate.target_params": {"dtype": "float64", "shape": ["rows", 2], "min": 0, "max": 2, "finite": True},
    "generate.pH": {"dtype": "float64", "shape": ["rows", "points"], "min": 5, "max": 11, "finite": True},
    "generate.t": {"dtype": "float64", "shape": ["rows", "points"], "min": 0, "finite": True},
    "features.train_channels": {"dtype": "float32", "shape": ["train", 100, "channels"], "finite": True},
    "features.train_target": {"dtype": "float32", "shape": ["train", 2], "finite": True},
    "features.val_channels": {"dtype": "float32", "shape": ["val", 100, "channels"], "finite": True},
}

ORACLES = {
    "check_simulator.stiff_error": {"at_most": 2e-4,
        "words": "the largest difference in pH of a record by Phi from a stiff solver's", "why": "a fiftieth of the noise"},
    "split.repeat_difference": {"equals": 0,
        "words": "the share of the rows for training that another call of the split would replace"},
    "features.duplicates": {"equals": 0,
        "words": "the share of the points of a record that has the time of another, of those that the pool counts"},
    "features.cadence_ratio": {"at_least": 30,
        "words": "the largest over the smallest step of records with 0.3, 1 and 10 s, as it enters the network",
        "why": "it is 33.3 in seconds"},
    "features.initial_ph_told": {"at_least": 0.98,
        "words": "the rank correlation of the initial pH with the first pH that enters the network", "why": "the noise leaves 0.998"},
    "features.amplification": {"at_most": 100,
        "words": "standard deviations by which an input moves, as it enters, where it becomes a quarter larger",
        "why": "the range of an input that varies is 3.5 of them"},
    "features.stats_difference": {"at_most": 1e-5,
        "words": "how far the rows for validation are from being scaled as those for training, as a share",
        "why": "single precision leaves 1e-7"},
    "check_head.reach": {"at_most": 1e-6,
        "words": "how far the head can leave the ranges of the parameters, as a share of them"},
    "check_loss.gradient_error": {"at_most": 1e-5,
        "words": "the error of the gradient against central differences, as a share of it", "why": "double precision leaves 1e-9"},
    "check_loss.reduction_error": {"at_most": 1e-9, "words": "how much the loss of the same rows twice differs, as a share of it"},
    "check_loss.variance_error": {"at_most": 0.02,
        "words": "how far the variance at the minimum of the loss is from the mean squared error, as a share of it",
        "why": "it is 0 of a likelihood"},
    "check_chain.order_error": {"at_most": 1e-9,
        "words": "how far exact outputs are from the true parameters after the way back, in their standard deviations"},
    "check_chain.unit_error": {"at_most": 1e-9,
        "words": "the error of the reported MAE of estimates that are off by a known amount, as a share of it"},
    "evaluate.prefix_difference": {"at_most": 1e-3,
        "words": "the largest change of an output, in normalized units, where a row for training is built as for testing",
        "why": "single precision leaves 1e-6"},
    "forecast.fit_prefix_difference": {"equals": 0, "words": "the largest difference of the prefixes that network and fit are given"},
}
# fmt: on
