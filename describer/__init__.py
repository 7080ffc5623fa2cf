"""Describer: pictures in, answers out, every token accounted for."""

__version__ = "0.1.0"
