"""Changes that may cure a model: which are worth trying, what the runs say, and what that changes in the answer."""
