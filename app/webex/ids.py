"""Webex ids are opaque, and this is the only place that looks into one: for links, which want a UUID.

Most decode to `ciscospark://<cluster>/<KIND>/<uuid>`, with or without padding. One that does not is still a good id; it
only gets no link.
"""

import base64
import binascii
import re

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def uuid_of(room_id: str) -> str:
    """The UUID in a room's id; empty if there is none to be seen."""
    if re.fullmatch(_UUID, room_id):
        return room_id.lower()
    try:
        uri = base64.b64decode(room_id + "=" * (-len(room_id) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    match = re.fullmatch(rf"ciscospark://[\w.:-]+/ROOM/({_UUID})", uri)
    return match[1].lower() if match else ""
