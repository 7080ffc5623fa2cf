"""Names of tags as people write them: cleaned, within bounds, each once."""

from collections.abc import Sequence

from describer.errors import Refusal
from describer.lib.lenient_json import clean
from describer.models.tag import FOLDED_CHARACTERS, TAG_CHARACTERS, folded

MOST_TAGS = 50  # of a description


def tag_names(tags: Sequence[str]) -> dict[str, str]:
    """Return names by what they are compared by; the first spelling counts. Raises Refusal."""
    names: dict[str, str] = {}
    for text in tags:
        name = " ".join(clean(text).replace("\x00", "").split())
        if not name:
            continue
        if len(name) > TAG_CHARACTERS or len(folded(name)) > FOLDED_CHARACTERS:
            message = f"A tag has at most {TAG_CHARACTERS} characters."
            raise Refusal(message, code="invalid_value", param="tags")
        if "," in name:  # by which the page's field parts them
            raise Refusal("A tag holds no comma.", code="invalid_value", param="tags")
        names.setdefault(folded(name), name)
    if len(names) > MOST_TAGS:
        raise Refusal(f"A description has at most {MOST_TAGS} tags.", code="invalid_value", param="tags")
    return names
