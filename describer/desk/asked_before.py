"""What was asked about a picture before: how often, and whether an ask that is about to be made was answered already."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import Left

from describer.engine.submit import Ask, AskImage, AskLink, filled_ask, judge
from describer.models import Description, DescriptionImage, Endpoint, Status, User, Via

_MOST = 2_000  # earlier asks that are compared with a new one
_CHARACTERS = 80  # of a question, beside its picture


@dataclass(frozen=True)
class PictureHistory:
    """How often a picture was asked about, and what was asked last."""

    times: int
    last: int
    question: str


@dataclass
class AnsweredBefore:
    """The descriptions that answer an ask already, the newest of each; and the pictures that none of them is about."""

    descriptions: list[Description] = field(default_factory=list)
    others: list[AskImage | AskLink] = field(default_factory=list)


def picture_histories(person: User, images: Iterable[int]) -> dict[int, PictureHistory]:
    """Return what this person asked about these images before, by the image; those never asked about are left out."""
    wanted = set(images)
    if not wanted:
        return {}
    shown = DescriptionImage.objects.filter(
        image__in=wanted, description__owner=person, description__trashed=None
    )
    counted = shown.order_by().values("image").annotate(times=Count("description", distinct=True))
    rows = list(counted.annotate(last=Max("description")).values_list("image", "times", "last"))
    if not rows:
        return {}
    questions = dict(
        Description.objects.filter(pk__in={last for _, _, last in rows})
        .annotate(start=Left("question", _CHARACTERS))
        .values_list("pk", "start")
    )
    return {image: PictureHistory(times, last, questions.get(last, "")) for image, times, last in rows}


def answered_before(ask: Ask) -> AnsweredBefore:
    """Find the answers that this person has to the very same: pictures, question, model and parameters alike.

    An ask that was sent already, under the same token, is none. Raises Refusal as `submit` does.
    """
    if _is_sent(ask) or not ask.pictures:
        return AnsweredBefore()
    endpoint = ask.endpoint or Endpoint.default()
    judged = judge(ask, endpoint)
    sets: list[Sequence[AskImage | AskLink]] = [[picture] for picture in ask.pictures]
    if ask.together:
        sets = [list(ask.pictures)]
    known = _answered(judged, endpoint, sets)
    found = AnsweredBefore()
    for pictures in sets:
        row = known.get(_identity(filled_ask(judged, pictures), _images_of(pictures)))
        if row is None:
            found.others += pictures
        else:
            found.descriptions.append(row)
    return found


def _is_sent(ask: Ask) -> bool:
    sent = Description.objects.filter(owner=ask.owner, submit_token=ask.token, submit_hash=ask.hash)
    return bool(ask.token) and sent.exists()


def _images_of(pictures: Sequence[AskImage | AskLink]) -> tuple[int, ...]:
    """Return the images of a set; none where a picture of it is still a link."""
    images = [picture.image.pk for picture in pictures if isinstance(picture, AskImage)]
    if len(images) < len(pictures):
        return ()
    return tuple(images)


def _identity(asked: Any, images: tuple[int, ...]) -> tuple[Any, ...]:
    """Return what tells an ask, or a description, from others."""
    return images, asked.question, asked.system_prompt, _sorted(asked.parameters)


def _sorted(parameters: Any) -> str:
    return repr(sorted(dict(parameters).items()))


def _answered(
    judged: Ask, endpoint: Endpoint, sets: Sequence[Sequence[AskImage | AskLink]]
) -> dict[tuple[Any, ...], Description]:
    """Return the answered descriptions of the first pictures of these sets by what tells them apart, the newest of each."""
    firsts = {images[0] for images in map(_images_of, sets) if images}
    if not firsts:
        return {}
    rows = Description.objects.untrashed().filter(
        owner=judged.owner,
        status=Status.DONE,
        endpoint=endpoint,
        model=judged.model,
        root=0,
        follows=None,
        long_side=None,
        pictures__position=0,
        pictures__image__in=firsts,
    )
    newest = list(rows.exclude(via=Via.ENDPOINT).select_related("endpoint").order_by("-pk")[:_MOST])
    images = _images_by_description(newest)
    known: dict[tuple[Any, ...], Description] = {}
    for row in newest:
        known.setdefault(_identity(row, tuple(images[row.pk])), row)
    return known


def _images_by_description(rows: Sequence[Description]) -> dict[int, list[int]]:
    images: dict[int, list[int]] = defaultdict(list)
    shown = DescriptionImage.objects.filter(description__in=[row.pk for row in rows]).order_by("position")
    for description, image in shown.values_list("description", "image"):
        images[description].append(image)
    return images
