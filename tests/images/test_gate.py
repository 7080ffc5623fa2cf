"""The gate that keeps all decodes of a process under one budget."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from describer.images import ImageError, Limits
from describer.images.gate import GATE, Gate
from tests.images.pictures import photo, png, taken, webp


def test_no_more_than_the_budget_is_let_through_at_once():
    gate, lock = Gate(), threading.Lock()
    heights: list[int] = []

    def work(weight: int) -> None:
        with gate.hold(weight, 100), lock:
            heights.append(gate.weight)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [60, 50, 40, 30, 70, 20, 100, 10] * 20))
    assert len(heights) == 160 and max(heights) <= 100 and gate.weight == 0


def test_the_heavy_one_that_waits_is_not_overtaken_for_ever():
    gate, order = Gate(), []
    holding, release = threading.Event(), threading.Event()

    def light() -> None:
        with gate.hold(60, 100):
            holding.set()
            release.wait(10)

    def heavy() -> None:
        with gate.hold(90, 100):
            order.append("heavy")

    def late() -> None:
        with gate.hold(10, 100):
            order.append("late")

    threads = [threading.Thread(target=light)]
    threads[0].start()
    assert holding.wait(10)
    for turn, work in enumerate((heavy, late), 1):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while gate.waiting < turn:
            pass
    release.set()
    for thread in threads:
        thread.join(10)
    assert order == ["heavy", "late"]


def test_a_failure_gives_its_share_back():
    gate = Gate()
    with pytest.raises(KeyError), gate.hold(80, 100):
        raise KeyError
    assert gate.weight == 0


def test_nothing_is_held_after_pictures_were_taken_or_refused():
    taken(photo(300, 200))
    with pytest.raises(ImageError):
        taken(photo(300, 200)[:2000])
    assert GATE.weight == 0


def test_one_picture_above_the_budget_is_refused_as_too_many_pixels():
    with pytest.raises(ImageError) as caught:
        taken(webp(600, 400), "cat.webp", Limits(decode_budget=3 << 20))
    assert (caught.value.code, caught.value.status) == ("image_too_many_pixels", 413)
    assert "cat.webp has too many pixels" in caught.value.message


def test_many_threads_share_a_small_budget():
    data = [photo(900, 600), png(700, 500), webp(400, 300)] * 6
    with ThreadPoolExecutor(6) as pool:
        widths = list(
            pool.map(
                lambda one: taken(io.BytesIO(one).getvalue(), "x", Limits(decode_budget=24 << 20)).width, data
            )
        )
    assert widths == [900, 700, 400] * 6
