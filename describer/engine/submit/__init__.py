"""The way in: the only place where a description is born. Pages, API, endpoint, shell and batches all come here."""

from describer.engine.submit.again import ask_again
from describer.engine.submit.ask import Ask, forget_tokens, judge, submit
from describer.engine.submit.inline import check_open, known_here, refused_here, submit_here
from describer.engine.submit.pictures import Given, Link, given_before
from describer.errors import Refusal
from describer.media.intake import keep_image, keep_images

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
