"""A question that goes on from an answer, asked on its page."""

from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from describer.engine.submit import Ask, Refusal, followable
from describer.models import Description, User
from describer.web.ask_submit import submitted
from describer.web.current_user import current_user
from describer.web.description import page_of, untrashed_of

_TOKEN_CHARACTERS = 64


@login_required
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what was typed (POST), and lead to the page of the new description; what is refused stays in its box."""
    row = untrashed_of(request, pk, own=True)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    question = request.POST.get("question", "").replace("\r\n", "\n")
    token = request.POST.get("token", "").replace("\x00", "")[:_TOKEN_CHARACTERS] or uuid4().hex
    try:
        born = _ask(current_user(request), pk, question, token)
    except Refusal as refusal:
        refused = {"follow_up_words": question, "follow_up_wrong": refusal.message}
        response = page_of(request, row, refusal.status, **refused)
        if refusal.retry_after is not None:
            response["Retry-After"] = str(refusal.retry_after)
        return response
    return redirect(f"{born.get_absolute_url()}#description-{born.pk}")


def _ask(owner: User, pk: int, question: str, token: str) -> Description:
    """Ask with the system prompt, model and parameters of the description that is followed. Raises Refusal."""
    followed = followable(owner, pk)
    ask = Ask(
        owner,
        question,
        (),
        system_prompt=followed.system_prompt,
        model=followed.model,
        parameters=followed.parameters,
        together=True,
        token=token,
        follows=followed,
    )
    return submitted(ask)[0]
