"""Supervising one measurement: processes, limits, accidents."""
