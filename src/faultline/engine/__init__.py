"""A PyMC model as functions: evaluated, conditioned, sampled."""
