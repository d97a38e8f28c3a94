"""Bundled cases: one folder per model under test."""
