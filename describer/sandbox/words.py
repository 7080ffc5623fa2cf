"""Measures as sentences that are pleasant to read."""

from describer.sandbox.measure import Measures

FIRST = "No model was asked: this is the sandbox, which needs no network and only measures what it is sent."
LAST = (
    "Connect an endpoint to have pictures truly described; until then this page shows how everything works."
)
_RATIOS = ((1, 1), (5, 4), (4, 3), (7, 5), (3, 2), (16, 10), (16, 9), (2, 1), (21, 9), (3, 1))
_LEAST_SHARE = 0.07
_MOST_COLOURS = 4
_NOTHING_SEEN = 0.9999


def paragraph(measures: Measures, subject: str) -> str:
    """Write one paragraph about a picture; `subject` is how the picture is spoken of."""
    size = f"{subject} is {measures.width} by {measures.height} pixels, {_shape(measures)}."
    if measures.see_through >= _NOTHING_SEEN:
        return f"{size} All of it is see-through, so there is nothing else to measure."
    sentences = [
        size,
        f"It is {_light(measures.light)}, with {_contrast(measures.contrast)}{_slope(measures)}.",
        _main_colours(measures),
        _sharpness(measures),
    ]
    if measures.see_through >= 0.005:
        sentences.append(_see_through(measures))
    return " ".join(sentences)


def _shape(measures: Measures) -> str:
    width, height = measures.width, measures.height
    steepness = max(width, height) / min(width, height)
    if steepness < 1.02:
        return "a square"
    is_wide = width > height
    if steepness > 3.2:
        return "a long strip across" if is_wide else "a long strip from top to bottom"
    name = "landscape" if is_wide else "portrait"
    long, short = min(_RATIOS, key=lambda ratio: abs(ratio[0] / ratio[1] - steepness))
    if long == short or abs(long / short / steepness - 1) > 0.03:
        return f"in {name} format"
    ratio = f"{long}:{short}" if is_wide else f"{short}:{long}"
    return f"in {name} format ({ratio})"


def _light(light: float) -> str:
    steps = ((35, "very dark"), (85, "rather dark"), (150, "of middling light"), (205, "light"))
    return next((text for end, text in steps if light < end), "very light")


def _contrast(contrast: float) -> str:
    steps = ((4, "no contrast to speak of"), (25, "little contrast"), (60, "moderate contrast"))
    return next((text for end, text in steps if contrast < end), "strong contrast")


def _slope(measures: Measures) -> str:
    upright, across = measures.top_minus_bottom, measures.left_minus_right
    if max(abs(upright), abs(across)) < 18:
        return ""
    if abs(upright) >= abs(across):
        where = "top" if upright > 0 else "bottom"
    else:
        where = "left" if across > 0 else "right"
    return f", lightest towards the {where}"


def _main_colours(measures: Measures) -> str:
    main = [(name, share) for name, share in measures.colours if share >= _LEAST_SHARE][:_MOST_COLOURS]
    if not main:
        return "Its colours are many and none stands out."
    name, share = main[0]
    if len(main) == 1 and share > 0.9:
        return f"Nearly all of it is {name}."
    if len(main) == 1:
        return f"Its main colour is {_shares(main)}."
    if measures.grey:
        return f"It has no colours but shades of grey: {_shares(main)}."
    return f"Its main colours are {_shares(main)}."


def _shares(main: list[tuple[str, float]]) -> str:
    percents = _percents([share for _, share in main])
    parts = [f"{name} ({percent}%)" for (name, _), percent in zip(main, percents, strict=True)]
    parts[0] = f"{main[0][0]} (about {percents[0]}%)"
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def _percents(shares: list[float]) -> list[int]:
    """Return rough percentages, in fives from 3% on, which together are never above 100."""
    rough = [_percent(share) for share in shares]
    while sum(rough) > 100:
        most = max(range(len(rough)), key=lambda place: rough[place] - 100 * shares[place])
        rough[most] -= 5
    return rough


def _percent(share: float) -> int:
    if share < 0.03:
        return max(1, round(100 * share))
    return max(5, 5 * round(20 * share))


def _see_through(measures: Measures) -> str:
    (percent,) = _percents([measures.see_through])
    part = f"About {percent}%" if percent < 100 else "Nearly all"
    return f"{part} of it is see-through. Light and colours are as seen on {measures.ground}."


def _sharpness(measures: Measures) -> str:
    if measures.sharpness < 2 and measures.contrast < 8:
        return "There are no edges in it."
    steps = (
        (40, "It is soft, with hardly a sharp edge."),
        (250, "Its edges are fairly sharp."),
        (1500, "It is sharp, with crisp edges or fine detail."),
    )
    return next(
        (text for end, text in steps if measures.sharpness < end),
        "It is full of crisp edges, fine detail or grain.",
    )
