"""The line before logins: each costs a fifth of a second of a processor, and anybody may ask for one."""

import asyncio
from bisect import insort
from contextlib import suppress
from itertools import count
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from describer.edge.body_limit import HEADERS
from describer.web.errors import too_many_requests
from describer.web.login_guard import address_of, logins

_FORM_BYTES = 2**16  # a form with a name and a password is smaller
_AGAIN_SECONDS = 5
_FULL = (
    "Very many logins are tried just now. Wait some seconds, then try again: your password was not looked at."
)


class LoginLine:
    """Some at once, some more in line, the least suspicious first; who finds the line full is told at once.

    When it is full, the most suspicious one leaves it: so a flood makes its own logins fail, and neither those of
    other addresses nor those of who is known at its own.
    """

    def __init__(self, places: int, longest: int) -> None:
        self.free = places
        self.longest = longest
        self.numbers = count()
        self.waiting: list[tuple[int, int, asyncio.Future[bool]]] = []

    async def enter(self, rank: int) -> bool:
        """Wait for a place; return False when there is none to wait for. A place that was given is to be left."""
        if self.free:
            self.free -= 1
            return True
        mine: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        insort(self.waiting, (rank, next(self.numbers), mine))
        if len(self.waiting) > self.longest:
            self._answer(-1, entered=False)
        try:
            return await mine
        except asyncio.CancelledError:  # the caller has hung up
            self.waiting = [place for place in self.waiting if place[2] is not mine]
            if not mine.cancelled() and mine.result():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place to the next in line."""
        if self.waiting:
            self._answer(0, entered=True)
        else:
            self.free += 1

    def _answer(self, position: int, *, entered: bool) -> None:
        _, _, place = self.waiting.pop(position)
        place.set_result(entered)


def rank_of(request: HttpRequest) -> int:
    """Return how suspicious a login is, by its name and its address; 0 is not at all."""
    return logins.rank(_name(request), address_of(request) or "")


def _name(request: HttpRequest) -> str:
    """Return the name in the form, or "": what is no plain form, or too large for one, is nobody's known login."""
    size = request.META.get("CONTENT_LENGTH") or ""
    if request.content_type != "application/x-www-form-urlencoded" or not size.isdecimal():
        return ""
    if int(size) > _FORM_BYTES:
        return ""
    with suppress(ValueError, UnreadablePostError):
        fields = parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=100)
        return dict(fields).get("username", "").strip()
    return ""


def turned_away(request: HttpRequest) -> HttpResponse:
    """Answer 429, without a thread and so without the middleware that puts our headers on."""
    response = too_many_requests(request, _FULL, retry_after=_AGAIN_SECONDS)
    for name, value in HEADERS:
        response[name.decode()] = value.decode()
    return response
