"""Pictures in the forms of other contracts, put in the one of chat completions: Anthropic's, the Responses API's, SDKs'.

A picture that is not known for one would go on with its metadata, and be kept nowhere but as base64.
"""

from collections.abc import Mapping
from typing import Any

from describer.lib.lenient_json import as_dict

_TYPES = ("image", "input_image", "file", "input_file", "media", "image_base64", "input_image_url")
_KIND_NAMES = ("media_type", "mime_type", "mimeType", "mediaType", "content_type")
_DATA_NAMES = ("data", "base64", "image", "file_data", "fileData", "image_base64")
_URL_NAMES = ("url", "image_url", "uri", "file_url", "file_uri", "fileUri")
_USUAL_KIND = "image/jpeg"  # what it is, its bytes tell


def as_contract_has_it(part: Any) -> Any:
    """Return a part that is a picture in a known form as one of type `image_url`, one of input_text as text; all else as it is."""
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if kind in ("input_text", "output_text") and isinstance(part.get("text"), str):
        return {**part, "type": "text"}
    if kind not in _TYPES:
        return part
    address = _address_of(part, is_picture=kind not in ("file", "input_file", "media"))
    if not address:
        return part
    picture: dict[str, Any] = {"url": address}
    if part.get("detail") is not None:
        picture["detail"] = part["detail"]
    return {"type": "image_url", "image_url": picture}


def _address_of(part: Mapping[str, Any], *, is_picture: bool) -> str:
    """Return the data URL or link of a picture, "" where there is none, or the part is another kind of file."""
    for place in (
        part,
        *(as_dict(part.get(name)) for name in ("source", "file", "image", "image_url", "inline_data")),
    ):
        kind = next((place[name] for name in _KIND_NAMES if isinstance(place.get(name), str)), "")
        if kind and not kind.startswith("image/"):
            return ""
        is_known = is_picture or kind.startswith("image/")
        if address := _link_in(place, is_known) or _data_in(place, kind, is_known):
            return address
    return ""


def _link_in(place: Mapping[str, Any], is_known: bool) -> str:
    for name in _URL_NAMES:
        value = place.get(name)
        if isinstance(value, str) and (value.startswith("data:image/") or (is_known and value)):
            return value
    return ""


def _data_in(place: Mapping[str, Any], kind: str, is_known: bool) -> str:
    """Return base64, bare or as a data URL, as a data URL."""
    for name in _DATA_NAMES:
        value = place.get(name)
        if not isinstance(value, str) or not value:
            continue
        if value.startswith("data:"):
            return value if value.startswith("data:image/") else ""
        if is_known and value.startswith(("http://", "https://")):
            return value
        if is_known:
            return f"data:{kind or _USUAL_KIND};base64,{value}"
    return ""
