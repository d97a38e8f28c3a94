"""Faultline: finds the part of a failing PyMC model that is at fault, and the kind of cause."""
