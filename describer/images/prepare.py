"""From a stored original to another sent copy."""

from typing import BinaryIO

from describer.images.facts import Copy, Limits, Recipe


def prepare(file: BinaryIO, name: str, *, recipe: Recipe, limits: Limits) -> Copy:
    """Make the copy that a recipe asks for. Raises `ImageError` and nothing else."""
    raise NotImplementedError
