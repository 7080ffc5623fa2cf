"""An ask becomes descriptions: one for each picture, or one about all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from describer.chat import ParameterError, read_parameters
from describer.db.clock import clock
from describer.engine import events, queue
from describer.engine.submit.follow import following, hold_followed, place_of
from describer.engine.submit.found_out import check_found_out
from describer.engine.submit.key_limits import check_key
from describer.engine.submit.key_words import check_words
from describer.engine.submit.pictures import AskImage, AskLink, check_there, show
from describer.engine.submit.texts import storable_text, without_nul
from describer.engine.submit.words import filled_ask
from describer.errors import Refusal
from describer.lib.masks import values_without_api_keys
from describer.models import ApiKey, Description, Endpoint, Lane, Status, Transcript, User, Via
from describer.models.tag import begin_tags
from describer.search import index


@dataclass(frozen=True)
class Ask:
    """What one press of the button or one call submits.

    An empty model means the endpoint's default; without an endpoint the ask goes to the default one. With a `preset`, by its
    name, `variables` fill question and system prompt; `is_plain`: the answer is plain text. `long_side`: what is sent of each
    picture has so many pixels at most, None the endpoint's.

    One that `follows` a description goes on from its answer; `carried`, known once it was checked, are the pictures of that
    conversation. `tags` are names by what they are compared by.

    `messages` are those of a call at our own endpoint, which are sent in place of question and system prompt. Such a
    call has the id that its caller was told, and how often the caller's client had tried before, too; `body_hash` is
    the hash of its body: whether two calls are the same is known before their links are fetched.
    """

    owner: User
    question: str
    pictures: Sequence[AskImage | AskLink]
    via: Via = Via.PAGE
    key: ApiKey | None = None
    system_prompt: str = ""
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    together: bool = False
    token: str | None = None
    lane: Lane = Lane.INTERACTIVE
    follows: Description | None = None
    endpoint: Endpoint | None = None
    preset: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    is_plain: bool = False
    long_side: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    carried: Sequence[AskImage | AskLink] = ()
    messages: Sequence[dict[str, Any]] = ()
    request_id: str = ""
    client_retries: int = 0
    body_hash: str = ""

    @property
    def hash(self) -> str:
        """Return the hash of everything but who sent the ask when: two asks are the same when their hashes are."""
        if self.body_hash:
            return self.body_hash
        parts: list[Any] = [
            self.question,
            self.system_prompt,
            self.model,
            dict(self.parameters),
            self.together,
        ]
        if self.messages:
            parts.append(self.messages)
        if self.preset:
            parts.append([self.preset, dict(self.variables)])
        more = {"follows": self.follows and self.follows.pk, "tags": dict(self.tags)}
        if any(more.values()):
            parts.append(more)
        if self.long_side:
            parts.append({"long_side": self.long_side})
        parts.append([picture.identity for picture in self.pictures])
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def submit(ask: Ask) -> list[Description]:
    """Make the rows of an ask and, on commit, ring the bell. The same token gives the same descriptions.

    Raises Refusal, and then nothing was made.
    """
    if known := given_before(ask):
        return known
    checked, endpoint = _checked(ask)
    try:
        with transaction.atomic():
            born = create_rows(checked, endpoint, ask.hash)
            transaction.on_commit(lambda: announce(born))
    except IntegrityError:
        # Two sends of one token at once: the other one was quicker.
        if known := given_before(ask):
            return known
        check_there(checked.pictures)
        raise
    return born


def given_before(ask: Ask) -> list[Description]:
    """Return the set that this token gave before. Another ask under the same token is refused."""
    if not ask.token:
        return []
    known = list(Description.objects.filter(owner=ask.owner, submit_token=ask.token).order_by("position"))
    if known and known[0].submit_hash != ask.hash:
        raise Refusal("This key was used for another ask.", code="idempotency_key_reused", status=422)
    return known


def _checked(ask: Ask) -> tuple[Ask, Endpoint]:
    """Return the ask as it will be stored, and the endpoint it goes to; it counts against what its key may ask."""
    checked, endpoint = checked_ask(ask)
    check_key(ask.key, checked.model, len(_sets(checked)))
    return checked, endpoint


def checked_ask(ask: Ask) -> tuple[Ask, Endpoint]:
    """Return the ask as it will be stored, and the endpoint it goes to. Raises Refusal.

    Whether its key may ask that is judged apart.
    """
    endpoint = ask.endpoint or Endpoint.default()
    _check_question(ask)
    if not (ask.pictures or ask.messages or ask.follows):
        raise Refusal("Add a picture to ask about.", code="no_image", param="image")
    if ask.together and len(ask.pictures) > settings.IMAGES_PER_ASK:
        message = f"At most {settings.IMAGES_PER_ASK} pictures at once; take some away."
        raise Refusal(message, code="too_many_images", param="image")
    pictures = [picture.checked() for picture in ask.pictures]
    _check_room(ask)
    judged = following(judge(ask, endpoint))
    check_words(ask.key, judged.parameters, ask.messages)
    sets = _sets(ask)
    for pictures_of_set in sets:
        filled_ask(judged, pictures_of_set)
    check_found_out(endpoint, judged.model, max(map(len, sets), default=0) + len(judged.carried))
    return replace(judged, pictures=pictures), endpoint


def judge(ask: Ask, endpoint: Endpoint) -> Ask:
    """Return the ask with question, model and parameters as they will be stored. Raises Refusal.

    Pictures, and how much a person may ask, are judged apart.
    """
    question = storable_text(ask.question, "question")
    system_prompt = storable_text(ask.system_prompt, "system_prompt")
    _check_question(ask)
    _check_model(ask.model, endpoint)
    try:
        is_json = bool(ask.messages)  # of a call at our own endpoint, whose texts are no form's
        parameters = read_parameters(without_nul(ask.parameters), keep_unknown=is_json, as_json=is_json)
    except ParameterError as error:
        raise Refusal.of_parameter(error) from error
    judged = replace(ask, model=ask.model or endpoint.model, parameters=values_without_api_keys(parameters))
    return replace(judged, question=question, system_prompt=system_prompt)


def _check_question(ask: Ask) -> None:
    if not (without_nul(ask.question).strip() or ask.messages):
        raise Refusal("Write a question.", code="missing_required_parameter", param="question")


def _check_model(model: str, endpoint: Endpoint) -> None:
    if not (model or endpoint.model):
        message = "The endpoint names no model yet; set VISION_MODEL, or choose a model."
        raise Refusal(message, code="missing_required_parameter", param="model")
    if len(model) > 200 or (model and endpoint.refuses_by_list(model)):
        raise Refusal(f"{model[:200]} is not offered by {endpoint}.", code="model_not_found", param="model")


def _check_room(ask: Ask) -> None:
    """Raise Refusal where a person has queued without end; the limit is far above an honest batch."""
    most = settings.QUEUED_PER_PERSON
    waiting = Description.objects.filter(owner=ask.owner, status__in=(Status.QUEUED, Status.WAITING))
    if waiting[:most].count() + 1 > most:
        message = f"{most:,} of your asks are waiting already; try again when some are done."
        raise Refusal(message, code="queue_full", status=429, retry_after=60)


def create_rows(
    ask: Ask, endpoint: Endpoint, submit_hash: str, first: int = 0, **values: Any
) -> list[Description]:
    """Write the rows of an ask: queued with their turns, or waiting when the endpoint is paused.

    `first` is their first position in what was submitted, `values` are columns of each.
    """
    hold_followed(ask)
    sets = _sets(ask)
    turn = queue.next_turn(ask.owner, ask.lane)
    rows = [
        row_of(
            filled_ask(ask, sets[position]),
            endpoint,
            lane=ask.lane,
            turn=turn + position,
            submit_hash=submit_hash,
            position=first + position,
            **_first_state(endpoint),
            **values,
        )
        for position in range(len(sets))
    ]
    Description.objects.bulk_create(rows)
    show(rows, sets)
    begin_tags(ask.owner.pk, rows, ask.tags)
    for row in rows:
        transcribe(row, ask)
    index.write_newborn(rows, ask.tags.values())
    return rows


def _sets(ask: Ask) -> list[Sequence[AskImage | AskLink]]:
    """Return the pictures of each description that the ask becomes."""
    if ask.together or not ask.pictures:
        return [ask.pictures]
    return [[picture] for picture in ask.pictures]


def row_of(ask: Ask, endpoint: Endpoint, **values: Any) -> Description:
    """Return a row for an ask, not yet written; `values` say in which state it is born."""
    return Description(
        owner=ask.owner,
        via=ask.via,
        key=ask.key,
        endpoint=endpoint,
        question=ask.question,
        system_prompt=ask.system_prompt,
        model=ask.model or endpoint.model,
        parameters=dict(ask.parameters),
        preset=ask.preset,
        variables=dict(ask.variables) or None,
        is_plain=ask.is_plain,
        long_side=ask.long_side,
        **place_of(ask),
        submit_token=ask.token or None,
        created=clock.now(),
        **values,
    )


def transcribe(
    row: Description, ask: Ask, messages: Sequence[dict[str, Any]] | None = None
) -> Transcript | None:
    """Keep the messages of a call at our own endpoint beside its row, or those that are given in their place.

    None for an ask without messages.
    """
    if not ask.messages:
        return None
    if messages is None:
        messages = ask.messages
    transcript = Transcript(
        description=row,
        messages=list(messages),
        request_id=ask.request_id,
        client_retries=ask.client_retries,
    )
    transcript.keep()
    return transcript


def _first_state(endpoint: Endpoint) -> dict[str, Any]:
    if not endpoint.paused_code:
        return {"status": Status.QUEUED}
    return {"status": Status.WAITING, "waiting_reason": queue.pause_reason(endpoint)}


def announce(born: Sequence[Description]) -> None:
    """Tell open pages of new rows, and ring the bell."""
    for row in born:
        events.publish(row)
    queue.ring(len(born))


def forget_tokens() -> int:
    """Clear submit tokens that are a day old (looking back a week, so that a long history costs nothing)."""
    old = clock.now() - timedelta(seconds=settings.SUBMIT_TOKEN_SECONDS)
    rows = Description.objects.filter(created__lt=old, created__gt=old - timedelta(days=7))
    return rows.exclude(submit_token=None).update(submit_token=None)
