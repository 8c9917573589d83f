"""Sets of test vectors: patterns, files of every format, and their manifest."""
