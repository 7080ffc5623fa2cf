"""Questions that most people begin with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A chip over the question: what it says, and the question it stands for.

    `is_plain`: its answers are plain text, letter by letter, and no Markdown.
    """

    name: str
    label: str
    question: str
    is_plain: bool = False


PRESETS = (
    Preset(
        "describe",
        "Describe",
        "Describe this picture for someone who cannot see it. Begin with what matters most.",
    ),
    Preset(
        "alt-text",
        "Alt text",
        "Write alt text for this picture, at most 125 characters. Answer with the alt text alone.",
    ),
    Preset(
        "read",
        "Read the text",
        "Write down all the text in this picture, line by line as it stands there. Mark what cannot be read as [?].",
        is_plain=True,
    ),
    Preset(
        "keywords",
        "Keywords",
        "Give 10 to 15 keywords for finding this picture again, the most telling first, separated by commas.",
    ),
    Preset(
        "wrong",
        "What is wrong here?",
        "What is wrong, broken, unusual or dangerous in this picture? Say what it is, where, and how sure you are.",
    ),
)

PLAIN_QUESTIONS = frozenset(choice.question for choice in PRESETS if choice.is_plain)
LONGEST_PRESET = max(len(choice.question) for choice in PRESETS)  # characters


def preset(name: str) -> Preset | None:
    """Return the preset of this name, or None."""
    return next((choice for choice in PRESETS if choice.name == name), None)
