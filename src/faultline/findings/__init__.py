"""What a record says of a fault, one family in a file: checks and their words. Pure functions of records."""
