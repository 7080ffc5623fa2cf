"""The number of a row, as addresses and forms carry it."""

BIGGEST_ID = 2**63 - 1


def read_row_id(text: str | None) -> int:
    """Read a row's number; 0, which no row has, when the text is no number."""
    text = text or ""
    if text.isascii() and text.isdigit() and len(text) < 20:
        return min(int(text), BIGGEST_ID)
    return 0
