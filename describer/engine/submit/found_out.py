"""What a model was found to be like is said before anything is sent: an ask that it cannot answer is refused."""

from describer.chat import BLIND_MODEL, pictures_at_once
from describer.errors import Refusal
from describer.models import Endpoint

_FORGET = "An admin can have this forgotten."


def check_found_out(endpoint: Endpoint, model: str, pictures: int) -> None:
    """Raise Refusal for more pictures at once than the model takes, or for any where it sees none."""
    known = endpoint.learned_of(model)
    if not pictures:
        return
    if known.get("blind"):
        message = f"{BLIND_MODEL.format(model)} {_FORGET}"
        raise Refusal(message, code="image_rejected", param="model")
    most = known.get("images", pictures)
    if pictures > most:
        message = f"{pictures_at_once(model, most)} {_FORGET}"
        raise Refusal(message, code="too_many_images", param="image")


def note_of(endpoint: Endpoint, model: str) -> str:
    """Return in a few words what a model was found to be like, "" where nothing keeps it from pictures."""
    known = endpoint.learned_of(model)
    if known.get("blind"):
        return "cannot see pictures"
    most = known.get("images")
    if most is None:
        return ""
    return "one picture at once" if most == 1 else f"{most} pictures at once"
