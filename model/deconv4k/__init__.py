"""deconv4k: a transposed convolution in Python and in gates, bit for bit."""

__version__ = "0.1.0"
