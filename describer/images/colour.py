"""Colours as a screen shows them: upright sRGB or grey, opaque, eight bits."""

import io
from functools import lru_cache

from PIL import Image, ImageCms

_SRGB = ImageCms.createProfile("sRGB")
_WHITE = (255, 255, 255)
_DARK = (43, 43, 43)
_LIGHT = 200
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
    return picture if turn is None else picture.transpose(turn)


def displayed(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, Colour, str | None]:
    """A picture as RGB or grey without transparency, the colour behind it, and a note where there was any."""
    if picture.mode in {"LA", "RGBA"}:
        alpha = picture.getchannel("A")
        colours = _screen(picture.convert("L" if picture.mode == "LA" else "RGB"), profile)
        return _laid(colours, alpha)
    return _screen(picture, profile), _WHITE, None


def is_srgb(profile: bytes | None) -> bool:
    """Whether a profile changes nothing: there is none, it cannot be read, or it is one of the many called sRGB."""
    read = _opened_profile(profile) if profile else None
    if read is None:
        return True
    return (
        read.profile.xcolor_space.strip() == "RGB"
        and "srgb" in (read.profile.profile_description or "").lower()
    )


@lru_cache(maxsize=16)
def _opened_profile(data: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (OSError, TypeError, ValueError):
        return None


def _screen(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the picture's profile; where there is none, or it does not fit, as any viewer would."""
    if not is_srgb(profile) and profile is not None:
        by_profile = _by_profile(picture, profile)
        if by_profile is not None:
            return by_profile
    if picture.mode == "LAB":
        return _converted(picture, ImageCms.createProfile("LAB")) or picture.convert("L")
    return picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")


def _by_profile(picture: Image.Image, data: bytes) -> Image.Image | None:
    profile = _opened_profile(data)
    space = profile.profile.xcolor_space.strip() if profile else ""
    mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}.get(space)
    if profile is None or mode is None or (picture.mode != mode and (picture.mode, mode) != ("L", "RGB")):
        return None
    converted = _converted(picture if picture.mode == mode else picture.convert(mode), profile)
    return converted.convert("L") if converted and picture.mode == "L" else converted


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile | object) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(picture, profile, _SRGB, outputMode="RGB")  # type: ignore[arg-type]
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None


def _laid(colours: Image.Image, alpha: Image.Image) -> tuple[Image.Image, Colour, str | None]:
    if alpha.getextrema() == (255, 255):
        return colours, _WHITE, None
    behind = _DARK if _is_light_on_nothing(colours, alpha) else _WHITE
    ground = behind if colours.mode == "RGB" else behind[0]
    laid = Image.new(colours.mode, colours.size, ground)
    laid.paste(colours, mask=alpha)
    return laid, behind, _NOTES[behind]


def _is_light_on_nothing(colours: Image.Image, alpha: Image.Image) -> bool:
    """A logo in white: nearly all that is visible is light, and a good part is not visible at all."""
    visible = alpha.point(lambda value: 255 if value >= 64 else 0)
    seen = colours.convert("L").histogram(visible)
    total = sum(seen)
    hidden = colours.width * colours.height - total
    return total > 0 and hidden * 20 >= total and sum(seen[_LIGHT:]) >= 0.95 * total
