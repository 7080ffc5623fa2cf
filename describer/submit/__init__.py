"""The way in: the only place where a description is born. Pages, API, endpoint, shell and batches all come here."""

from describer.pictures import keep_image, keep_images
from describer.refusal import Refusal

from .again import ask_again
from .ask import Ask, forget_tokens, judge, submit
from .here import check_open, known_here, refused_here, submit_here
from .pictures import Given, Link, given_before

__all__ = (
    "Ask",
    "Given",
    "Link",
    "Refusal",
    "ask_again",
    "check_open",
    "forget_tokens",
    "given_before",
    "judge",
    "keep_image",
    "keep_images",
    "known_here",
    "refused_here",
    "submit",
    "submit_here",
)
