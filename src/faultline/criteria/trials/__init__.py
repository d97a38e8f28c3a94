"""Trials of one case: what was run, what it says, and what is wanted next. Pure functions that planning and judging both ask."""
