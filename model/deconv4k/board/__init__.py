"""Bitstreams for a board, and the host of a Zynq."""
