"""The numbers that decide during measuring as well as after: whether a run has decided, and what a check is."""
