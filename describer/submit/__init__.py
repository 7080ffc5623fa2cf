"""The way in: the only place where a description is born. Pages, API, endpoint, shell and batches all come here."""

from describer.pictures import keep_image, keep_images
from describer.refusal import Refusal

from .again import ask_again
from .ask import Ask, Given, forget_tokens, submit

__all__ = ("Ask", "Given", "Refusal", "ask_again", "forget_tokens", "keep_image", "keep_images", "submit")
