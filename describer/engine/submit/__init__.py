"""The way in: the only place where a description is born. Pages, API, endpoint, shell and batches all come here."""

from describer.engine.submit.again import ask_again, the_same_ask
from describer.engine.submit.ask import Ask, forget_tokens, judge, submit
from describer.engine.submit.follow import followable
from describer.engine.submit.found_out import check_found_out, note_of
from describer.engine.submit.inline import check_open, known_inline, record_refusal, submit_inline
from describer.engine.submit.key_limits import check_rate
from describer.engine.submit.key_words import check_words
from describer.engine.submit.pictures import AskImage, AskLink, pictures_again
from describer.engine.submit.tag_names import MOST_TAGS, tag_names
from describer.engine.submit.texts import storable_text
from describer.engine.submit.variants import LEAST_SIDE, VARIANTS, submit_variants
from describer.engine.submit.words import BY_THEMSELVES, filled_ask
from describer.errors import Refusal
from describer.media.intake import keep_image, keep_images

__all__ = (
    "Ask",
    "BY_THEMSELVES",
    "LEAST_SIDE",
    "MOST_TAGS",
    "VARIANTS",
    "AskImage",
    "AskLink",
    "Refusal",
    "ask_again",
    "check_found_out",
    "check_open",
    "check_rate",
    "check_words",
    "filled_ask",
    "followable",
    "forget_tokens",
    "pictures_again",
    "judge",
    "keep_image",
    "keep_images",
    "known_inline",
    "note_of",
    "record_refusal",
    "storable_text",
    "submit",
    "submit_inline",
    "submit_variants",
    "tag_names",
    "the_same_ask",
)
