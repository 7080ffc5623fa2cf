"""Cells of CSV that no spreadsheet runs."""

import re

# What spreadsheets take for a formula, also after blanks and quotes, and in the wide letters of East Asia.
FORMULA = re.compile(r"[\s\"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[ \"']*[\t\r\n]")


def escape_formula(text: str) -> str:
    """A text that begins as a formula does is led by an apostrophe. Numbers of ours need it not, JSON stays exact."""
    return f"'{text}" if FORMULA.match(text) else text
