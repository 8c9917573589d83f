"""The hardware in a simulator."""
