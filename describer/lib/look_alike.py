"""Names that look like others: letters of several alphabets are drawn alike, and a reader cannot tell whose name it is."""

import unicodedata

_ALPHABETS = frozenset(
    ("LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE")
)  # whose letters look alike
# Letters by the Latin ones that they are drawn like, small or large.
_DRAWN = {
    "a": "аαɑⲁ",
    "b": "вβьⲃᏼ",
    "c": "сϲⲥ",
    "d": "ԁⅾ",
    "e": "еεєҽⲉ",
    "g": "ɡցԍ",
    "h": "һнηհⲏ",
    "i": "іιıⲓ",
    "j": "јϳյ",
    "k": "кκⲕ",
    "l": "ⅼӏ",
    "m": "мμⲙ",
    "n": "ոⲛ",
    "o": "оοօσⲟ",
    "p": "рρⲣ",
    "q": "ԛզգ",
    "r": "г",
    "s": "ѕꜱ",
    "t": "тτⲧ",
    "u": "սυцʋ",
    "v": "νѵ",
    "w": "ѡԝωⲱ",
    "x": "хχⲭ",
    "y": "уүγⲩ",
    "z": "ζⲍ",
}
_LATIN = str.maketrans({letter: latin for latin, letters in _DRAWN.items() for letter in letters})


def alphabets_of(name: str) -> frozenset[str]:
    """Return the alphabets of a name among those whose letters look alike."""
    words = (unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha())
    return _ALPHABETS.intersection(words)


def drawn(name: str) -> str:
    """Return what a name looks like: two names of which this is the same can be taken for each other."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_LATIN)
