"""Pictures that tests make for themselves."""

import io

from PIL import Image


def photo(width: int, height: int) -> bytes:
    """A noisy JPEG."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()
