"""The ask form as a browser without scripts sends it."""

import io
import re
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

HX = {"HTTP_HX_REQUEST": "true"}


def picture(name="boat.png", colour="teal", size=(64, 48)):
    """A small file that is a picture. Another colour makes other bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def text_file(name="notes.jpg"):
    """A file that only says that it is a picture."""
    return SimpleUploadedFile(name, b"shopping: bread, milk, oil for the lamp\n" * 3, "image/jpeg")


def upload(client, file):
    """What the tray does: one file; answers its id."""
    response = client.post("/images/", {"image": file})
    assert response.status_code == 201, response.content
    return response.json()["id"]


def ask(client, *, question="What is this?", token=None, scripted=False, **fields):
    """One press of the button."""
    data = {"question": question, "token": token or uuid.uuid4().hex, **fields}
    return client.post("/", data, **(HX if scripted else {}))


def text_of(response):
    """A page's words, one line each, as a reader meets them (entities undone where tests need them)."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.replace("&#x27;", "'").replace("&quot;", '"').split())


def fields_of(response):
    """The named inputs of the ask form: name -> values."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", response.content.decode()):
        parts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in parts:
            found.setdefault(parts["name"], []).append(parts.get("value", ""))
    return found
