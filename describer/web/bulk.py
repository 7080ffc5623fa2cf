"""One thing done with many descriptions of the history: begun by its form, gone on with by the page that tells how far it came.

A request works for a moment. What goes on in the next one is in the page's form, signed for this person.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse

from describer.db.clock import clock
from describer.desk.bulk import MOST_COUNTED, Bulk, check_begun, check_lasts, counted, proceed, tokens_of
from describer.desk.presets import presets_of
from describer.desk.trash import Act
from describer.engine.submit import BY_THEMSELVES
from describer.errors import Refusal
from describer.lib.route_traits import BULK, route
from describer.models import Preset, User
from describer.search import index
from describer.web.chosen import Chosen
from describer.web.current_user import current_user
from describer.web.trashed import say_trashed

_EXPORTS = {"export-csv": "csv", "export-jsonl": "jsonl", "export-html": "html", "export-zip": "zip"}
_DOING = {
    "tag": "Tagging",
    "untag": "Taking tags away",
    "favourite": "Marking as favourites",
    "unfavourite": "Taking stars away",
    "again": "Asking again",
    "delete": "Deleting",
}
_DONE = {
    "tag": "Tagged {}.",
    "untag": "Took the tags from {}.",
    "favourite": "Marked {} as favourite.",
    "unfavourite": "Took the star from {}.",
    "again": "Asked {} again.",
}


@dataclass(frozen=True)
class _Work:
    """What is done with what was chosen, and of how many descriptions that is, capped."""

    bulk: Bulk
    chosen: Chosen
    total: int

    def signed(self, person: User) -> str:
        values = asdict(self.bulk) | {"begun": self.bulk.begun.isoformat()}
        return signing.dumps([values, self.chosen.values, self.total], salt=_salt(person), compress=True)

    @classmethod
    def of(cls, text: str, person: User) -> "_Work":
        """Read what this site signed for this person. Raises Refusal."""
        try:
            values, chosen, total = signing.loads(text, salt=_salt(person))
        except signing.BadSignature as error:
            raise Refusal("Choose again what to do.", code="invalid_value", param="work") from error
        begun = datetime.fromisoformat(values["begun"])
        return cls(Bulk(**(values | {"begun": begun})), Chosen.kept(chosen), total)


@route(BULK)
@login_required
def bulk(request: HttpRequest) -> HttpResponse:
    """Begin (POST of `action` and what was chosen), or go on with (`work`), one thing done with many."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    person, form = current_user(request), request.POST
    chosen = Chosen.of(form)
    try:
        if "work" in form:
            work = _Work.of(form["work"], person)
            chosen = work.chosen
        with index.loss_told():
            if "work" in form:
                return _next_step(request, work)
            return _first_step(request, form.get("action", ""), chosen)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(chosen.back(person))


def _first_step(request: HttpRequest, action: str, chosen: Chosen) -> HttpResponse:
    """Begin, or ask first where it costs or cannot be undone. Raises Refusal."""
    if chosen.is_nothing:
        raise Refusal("Choose some descriptions first.", code="missing_required_parameter")
    if action in _EXPORTS:
        return redirect(reverse("history_export", args=[_EXPORTS[action]]) + chosen.query())
    person, value = current_user(request), request.POST.get("tags", "")
    if action not in ("tag", "untag"):
        value = ""
    begun = Bulk(action, value, clock.now())
    rows = chosen.rows(person, begun.begun)
    check_begun(action, value, rows, person)
    work = _Work(begun, chosen, counted(rows))
    if not work.total:
        raise Refusal("What you chose is not there any more.", code="not_found")
    if action == "again" or (action == "delete" and not settings.UNDO_MINUTES):
        return _asked_first(request, work)
    return _next_step(request, work)


def _asked_first(request: HttpRequest, work: _Work) -> HttpResponse:
    """Say what it comes to before it is done."""
    person = current_user(request)
    context: dict[str, Any] = {"presets": [], "tokens": None, "count": work.total}
    if work.bulk.action == "again":
        rows = work.chosen.rows(person, work.bulk.begun).filter(owner=person)
        context |= {"count": counted(rows), "tokens": tokens_of(rows), "presets": _bare_presets(person)}
    return _step_page(request, work, is_asked=True, **context)


def _next_step(request: HttpRequest, work: _Work) -> HttpResponse:
    """Work for a moment, then tell how far it came, or lead back when it is done. Raises Refusal."""
    person, form, begun = current_user(request), request.POST, work.bulk
    check_lasts(begun)
    if "preset" in form and begun.action == "again" and not begun.last:
        begun = replace(begun, value=form["preset"])
    rows = work.chosen.rows(person, begun.begun)
    check_begun(begun.action, begun.value, rows.none(), person)
    if "stop" not in form:
        begun = proceed(begun, rows, person)
    if begun.is_over or "stop" in form:
        _say_done(request, begun)
        return redirect(work.chosen.back(person))
    return _step_page(request, replace(work, bulk=begun))


def _step_page(request: HttpRequest, work: _Work, **more: Any) -> HttpResponse:
    person, bulk = current_user(request), work.bulk
    come_to = bulk.done + bulk.left
    context = {
        "heading": _DOING[bulk.action],
        "action": bulk.action,
        "come_to": come_to,
        "total": work.total,
        "is_capped": work.total > MOST_COUNTED,
        "most": MOST_COUNTED,
        "work": work.signed(person),
        "back": work.chosen.back(person),
    }
    return render(request, "bulk.html", context | more)


def _say_done(request: HttpRequest, done: Bulk) -> None:
    """Say what was done; what went to the trash is one act, with one undo."""
    if done.action == "delete":
        say_trashed(request, Act(done.begun, done.done))
    elif done.done or not done.left:
        messages.success(request, _DONE[done.action].format(_so_many_of(done.done)))
    if done.left:
        messages.warning(request, f"{_so_many_of(done.left).capitalize()} left out: {done.why}")


def _bare_presets(person: User) -> list[Preset]:
    """Return the presets that need no values of a person's."""
    return [preset for preset in presets_of(person) if set(preset.variables) <= set(BY_THEMSELVES)]


def _so_many_of(count: int) -> str:
    if count == 1:
        return "one description"
    return f"{count:,} descriptions"


def _salt(person: User) -> str:
    return f"describer.bulk.{person.pk}"
