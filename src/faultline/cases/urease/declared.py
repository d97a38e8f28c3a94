"""Scenarios, presets and limits of case ``urease``, what its oracles look at, and what its authors believe: plain literals."""

# fmt: off
CRITERIA = {
    "train.val_loss": {"finite": True, "words": "the validation loss that each epoch logs"},
    "evaluate.mae_ratio": {"at_most": 0.6, "margin": 0.05,
        "words": "the mean absolute error of E0 as a share of the prior mean's",
        "why": "at 1 the record tells nothing"},
    "evaluate.out_of_range": {"at_most": 0, "margin": 0.01,
        "words": "the share of test rows with a parameter outside of its range"},
}
# fmt: on
