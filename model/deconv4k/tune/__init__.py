"""The tuner: the narrowest formats that lose no more than allowed. docs/tune.md tells how."""
