"""Which trials are wanted next, of the runs that are there: pure functions, asked again after each round."""
