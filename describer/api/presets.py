"""Presets: listed, made, changed, removed. Of the site's, a person makes a copy by changing one, and hides one by removing it."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from describer.api.auth import asking, caller
from describer.api.errors import Error
from describer.api.preset_schema import PresetChanges, PresetIn, PresetList, PresetOut
from describer.desk import presets

router = Router(tags=["Presets"])
_ERRORS: dict[int, Any] = {401: Error, 403: Error}
_ERRORS_OF_ONE = _ERRORS | {404: Error}


@router.get("/presets", response={200: PresetList} | _ERRORS, summary="List presets")
def presets_index(request: HttpRequest) -> PresetList:
    """List the presets that you may ask by, in the order of their chips: your own, and the site's that you did not hide."""
    return PresetList(items=[PresetOut.of(row) for row in presets.presets_of(caller(request).user)])


@router.post(
    "/presets",
    auth=asking,
    response={201: PresetOut, 400: Error, 409: Error} | _ERRORS,
    summary="Make a preset",
)
def presets_create(request: HttpRequest, body: PresetIn) -> Status[PresetOut]:
    """Make a preset of your own. One of yours with its name: 409."""
    made = presets.make_preset(caller(request).user, **body.dict(exclude_none=True))
    return Status(201, PresetOut.of(made))


@router.patch(
    "/presets/{slug:name}",
    auth=asking,
    response={200: PresetOut, 400: Error} | _ERRORS_OF_ONE,
    summary="Change a preset",
)
def preset_change(request: HttpRequest, name: str, body: PresetChanges) -> PresetOut:
    """Change a preset of your own; of one of the site, make a copy of your own with the changes.

    A key with the scope `admin` changes the site's own. What was asked before keeps its words.
    """
    key = caller(request)
    row = presets.changed_preset(key.user, name, body.dict(exclude_none=True), as_admin=key.is_admin)
    return PresetOut.of(row)


@router.delete(
    "/presets/{slug:name}",
    auth=asking,
    response={204: None} | _ERRORS_OF_ONE,
    summary="Remove a preset",
)
def preset_remove(request: HttpRequest, name: str) -> Status[None]:
    """Remove a preset of your own; one of the site is hidden from you.

    A key with the scope `admin` archives the site's own, for everybody.
    """
    key = caller(request)
    presets.remove_preset(key.user, name, as_admin=key.is_admin)
    return Status(204, None)
