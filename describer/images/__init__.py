"""Pictures: from any file that a person has to what a model can see. Plain Python."""

from describer.images.errors import ImageError, MemoryShort
from describer.images.facts import Copy, Intake, Limits, Recipe
from describer.images.fetch import Fetched, fetched
from describer.images.intake import intake
from describer.images.names import clean_name
from describer.images.prepare import prepare

__all__ = [
    "Copy",
    "Fetched",
    "ImageError",
    "Intake",
    "Limits",
    "MemoryShort",
    "Recipe",
    "clean_name",
    "fetched",
    "intake",
    "prepare",
]
