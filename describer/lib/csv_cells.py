"""Cells of CSV that no spreadsheet runs."""

import re

# What spreadsheets take for a formula, also after blanks and quotes, and in the wide letters of East Asia.
_FORMULA = re.compile(r"[\s\"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[ \"']*[\t\r\n]")


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that begins as a formula does.

    Numbers of ours do not need that, and JSON stays exact.
    """
    if _FORMULA.match(text):
        return f"'{text}"
    return text
