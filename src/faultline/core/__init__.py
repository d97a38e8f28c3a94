"""What every room relies on: records and their schemas, checks, errors, locks. Imports no PyMC."""
