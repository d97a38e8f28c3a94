"""Faultline: finds the part of a failing PyMC model that is at fault, and the kind of cause."""

__version__ = "0.1.0"
