"""Bundled cases: one folder per model under test, by the convention of ``faultline.targets.bundled``."""
