"""Variables of a text: `{word}` is a place for a value, `{{` and `}}` are braces.

Values are text, and a variable within a value is not filled again. What is between braces and no word, such as JSON, stays.
"""

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}")
_BRACES = {"{{": "{", "}}": "}"}


def variables_in(*texts: str) -> list[str]:
    """Return the words of the variables in some texts, each once, in order."""
    found = (match[1] for text in texts for match in _PLACE.finditer(text))
    return list(dict.fromkeys(word for word in found if word))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values in their places. Raises KeyError for a variable without a value."""
    return _PLACE.sub(lambda match: values[match[1]] if match[1] else _BRACES[match[0]], text)
