"""Plain names for colours."""

import colorsys

_HUES = (
    (14, "red"),
    (40, "orange"),
    (66, "yellow"),
    (160, "green"),
    (192, "turquoise"),
    (255, "blue"),
    (290, "purple"),
    (345, "pink"),
    (361, "red"),
)


def name_of(red: int, green: int, blue: int) -> str:
    """Return the name that most people would give a colour of sRGB values from 0 to 255."""
    hue, light, _ = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    strength = (max(red, green, blue) - min(red, green, blue)) / 255
    if strength < 0.09 or light < 0.06 or light > 0.97:
        return _grey(light)
    return _shade(_hue(hue * 360), light, strength)


def _hue(degrees: float) -> str:
    return next(name for end, name in _HUES if degrees < end)


def _grey(light: float) -> str:
    steps = ((0.1, "black"), (0.35, "dark grey"), (0.65, "grey"), (0.92, "light grey"))
    return next((name for end, name in steps if light < end), "white")


def _shade(name: str, light: float, strength: float) -> str:
    if name == "orange":
        return _warm(light, strength)
    if name == "red" and light > 0.68:
        return "pink"
    if light < 0.28:
        return {"yellow": "olive"}.get(name, f"dark {name}")
    if light > 0.72:
        return {"yellow": "cream", "pink": "pink"}.get(name, f"light {name}")
    if strength < 0.18:
        return f"greyish {name}"
    return name


def _warm(light: float, strength: float) -> str:
    """Name a shade of orange, which has words of its own: brown where it is dark, beige where it is pale."""
    if light < 0.25:
        return "dark brown"
    if light < 0.45 and strength < 0.75:
        return "brown"
    if strength < 0.35 or light > 0.78:
        return "beige"
    return "orange"
