"""What trials mean together: labels of changes, defects, hypotheses."""
