"""Measurements of the harness itself, as ``harness bench`` shows them."""
