"""Records and draws as pages and pictures; nothing is measured here."""
