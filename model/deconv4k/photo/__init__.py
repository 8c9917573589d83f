"""Photographs: files, kernels that enlarge them, and how good the result is."""
