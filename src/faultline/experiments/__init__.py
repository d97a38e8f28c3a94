"""What a measurement does: one file for each kind, which runs its probes in order."""
