"""A model under test: its source, its signature and hooks, its loading."""
