"""A sealed secret tells nothing without its key, and is never opened wrongly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.lib.seal import LONGEST, SealBroken, is_sealed, opened, sealed

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.text(max_size=LONGEST // 4))
def test_fe03_what_was_sealed_is_opened_with_the_same_key_alone(secret):
    row = sealed(secret, KEY)
    assert is_sealed(row)
    assert opened(row, KEY) == secret
    with pytest.raises(SealBroken):
        opened(row, OTHER)


def test_fe03_the_same_secret_is_another_text_each_time():
    assert len({sealed("whsec_secret", KEY) for _ in range(100)}) == 100
    assert "whsec" not in sealed("whsec_secret", KEY)


@pytest.mark.parametrize("damage", ["", "sealed1:", "sealed1:!", "sealed1:AAAA", "sealed1:ünïcode"])
def test_fe03_what_is_damaged_is_not_opened(damage):
    with pytest.raises(SealBroken):
        opened(damage, KEY)


def test_fe03_no_letter_of_a_sealed_secret_can_be_changed():
    row = sealed("whsec_secret", KEY)
    for position in range(len("sealed1:"), len(row) - 2):
        other = "AB"[row[position] == "A"]
        with pytest.raises(SealBroken):
            opened(row[:position] + other + row[position + 1 :], KEY)


def test_a_secret_that_is_too_long_for_its_pad_is_refused():
    assert opened(sealed("x" * LONGEST, KEY), KEY) == "x" * LONGEST
    with pytest.raises(ValueError, match="more than 64"):
        sealed("x" * (LONGEST + 1), KEY)
