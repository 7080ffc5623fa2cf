"""Colours as a screen shows them: upright sRGB or grey, opaque, eight bits."""

import io
from functools import lru_cache

from PIL import Image, ImageCms

_SRGB = ImageCms.createProfile("sRGB")
_WHITE = (255, 255, 255)
_DARK = (43, 43, 43)
_LIGHT = 200
# The modes of Pillow by the colour spaces that profiles are for.
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_NOTES = {_WHITE: "See-through parts are shown on white.", _DARK: "See-through parts are shown on dark grey."}

Colour = tuple[int, int, int]


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn and mirror a picture by the number that EXIF has for it."""
    turn = _TURNS.get(orientation)
    if turn is None:
        return picture
    return picture.transpose(turn)


def displayed(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, Colour, str | None]:
    """Return a picture as RGB or grey, the colour behind it, and a note where parts were see-through."""
    opaque = {"LA": "L", "RGBA": "RGB"}.get(picture.mode)
    if opaque is None:
        return _screen(picture, profile), _WHITE, None
    alpha = picture.getchannel("A")
    colours = _screen(picture.convert(opaque), profile)
    return _laid(colours, alpha)


def ground(behind: Colour, mode: str) -> Colour | int:
    """Return the colour behind a picture as Pillow takes colours of a mode, RGB or L."""
    if mode == "RGB":
        return behind
    return behind[0]


def is_srgb(profile: bytes | None) -> bool:
    """Tell whether a profile changes nothing: missing, not readable, or one of the many called sRGB."""
    if not profile:
        return True
    opened = _opened_profile(profile)
    if opened is None:
        return True
    facts = opened.profile
    return facts.xcolor_space.strip() == "RGB" and "srgb" in (facts.profile_description or "").lower()


@lru_cache(maxsize=16)
def _opened_profile(data: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (OSError, TypeError, ValueError):
        return None


def _screen(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the picture's profile; where that is missing or does not fit, as any viewer would."""
    if not is_srgb(profile) and profile is not None:
        by_profile = _by_profile(picture, profile)
        if by_profile is not None:
            return by_profile
    if picture.mode == "LAB":
        return _converted(picture, ImageCms.createProfile("LAB")) or picture.convert("L")
    if picture.mode in {"L", "RGB"}:
        return picture
    return picture.convert("RGB")


def _by_profile(picture: Image.Image, data: bytes) -> Image.Image | None:
    """Convert a picture by its profile; None where the profile cannot be read, or is for other colours."""
    profile = _opened_profile(data)
    if profile is None:
        return None
    mode = _MODES.get(profile.profile.xcolor_space.strip())
    source = picture
    if (picture.mode, mode) == ("L", "RGB"):
        source = picture.convert("RGB")
    if source.mode != mode:
        return None
    converted = _converted(source, profile)
    if converted and picture.mode == "L":
        return converted.convert("L")
    return converted


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile | object) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(picture, profile, _SRGB, outputMode="RGB")  # type: ignore[arg-type]
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None


def _laid(colours: Image.Image, alpha: Image.Image) -> tuple[Image.Image, Colour, str | None]:
    """Lay see-through colours on white, or on dark grey where white would swallow the picture."""
    if alpha.getextrema() == (255, 255):
        return colours, _WHITE, None
    behind = _DARK if _is_light_on_nothing(colours, alpha) else _WHITE
    laid = Image.new(colours.mode, colours.size, ground(behind, colours.mode))
    laid.paste(colours, mask=alpha)
    return laid, behind, _NOTES[behind]


def _is_light_on_nothing(colours: Image.Image, alpha: Image.Image) -> bool:
    """Tell a logo in white: nearly all that is visible is light, and a good part is not visible at all."""
    visible = alpha.point(lambda value: 255 * (value >= 64))
    seen = colours.convert("L").histogram(visible)
    total = sum(seen)
    hidden = colours.width * colours.height - total
    return total > 0 and hidden * 20 >= total and sum(seen[_LIGHT:]) >= 0.95 * total
