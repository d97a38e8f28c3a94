"""One file, one measurement: a model or its draws in, plain numbers out. Probes never print, draw or judge."""
