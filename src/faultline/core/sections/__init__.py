"""Sections of a record as dataclasses, read by one reader (`section.Section.of`)."""
