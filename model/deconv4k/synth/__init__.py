"""Synthesis, place and route: area and clock of what hw/ holds."""
