"""From the bytes of an upload to checked facts, a thumbnail and the default sent copy, in one decode."""

from typing import BinaryIO

from describer.images.facts import Intake, Limits, Recipe


def intake(file: BinaryIO, name: str, *, limits: Limits, recipe: Recipe) -> Intake:
    """Check a picture and make its thumbnail and sent copy. Raises `ImageError` and nothing else."""
    raise NotImplementedError
