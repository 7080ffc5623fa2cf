"""Colours by the names that people give them."""

import pytest

from describer.sandbox.names import name_of


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((220, 20, 20), "red"),
        ((255, 140, 0), "orange"),
        ((250, 220, 30), "yellow"),
        ((30, 150, 40), "green"),
        ((20, 200, 190), "turquoise"),
        ((30, 60, 220), "blue"),
        ((150, 200, 240), "light blue"),
        ((20, 30, 90), "dark blue"),
        ((120, 40, 190), "purple"),
        ((255, 170, 200), "pink"),
        ((110, 60, 25), "brown"),
        ((225, 205, 175), "beige"),
    ],
)
def test_common_colours_have_their_common_names(colour, name):
    assert name_of(*colour) == name


def test_every_colour_has_a_name():
    steps = range(0, 256, 15)
    assert all(name_of(red, green, blue) for red in steps for green in steps for blue in steps)
