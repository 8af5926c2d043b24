"""A Webex that answers after a fixed time and notes when it was asked what, for `benchmarks.e2e`. It checks nothing.

A message's id names its author and a word of its own, which its text repeats and the answer to it as well.
"""

import asyncio
import json
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks.installation import room_of

BOT = {"id": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9ib3Q", "emails": ["bot@webex.bot"], "displayName": "Army Knife", "type": "bot"}
delay = float(sys.argv[2])
replies: list[tuple[str, float]] = []
calls: dict[str, int] = {}
webhooks: list[dict[str, Any]] = []
opened = [0]  # connections, by their first call


def answer(method: str, path: str, body: bytes) -> dict[str, Any]:
    kind = path.split("/")[2] if path.count("/") > 1 else ""
    calls[f"{method} /{kind}"] = calls.get(f"{method} /{kind}", 0) + 1
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if path == "/v1/people/me":
        return BOT
    if kind == "messages" and method == "GET":
        message_id = path.rsplit("/", 1)[1]
        author, word = message_id.rsplit("-", 1)
        return {
            "id": message_id, "roomId": room_of(author), "roomType": "direct", "personId": author, "personEmail": "a@example.com",
            "text": f"/todo buy {word}", "created": now,
        }  # fmt: skip
    if kind == "webhooks":
        if method == "POST":
            webhooks.append({"id": f"HOOK{len(webhooks)}", "status": "active", **json.loads(body)})
            return webhooks[-1]
        return {"items": webhooks}
    if method == "POST":
        if found := re.search(rb"buy ([0-9a-f]{16})", body):
            replies.append((found[1].decode(), time.monotonic()))
        return {"id": f"said-{len(replies)}-{time.monotonic_ns()}", "roomId": "R", "personId": BOT["id"], "created": now}
    return {"items": []}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    is_new = True
    try:
        while line := await reader.readline():
            method, path, _ = line.decode().split(" ", 2)
            length = 0
            while (header := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = await reader.readexactly(length)
            if path == "/log":
                told: Any = {"replies": replies, "calls": calls, "connections": opened[0]}
            elif path == "/forget":
                replies.clear(), calls.clear()
                opened[0] = 0
                told = {}
            else:
                opened[0] += is_new  # one that was open before the count began is no new one
                is_new = False
                told = answer(method, path, body)
                await asyncio.sleep(delay)
            content = json.dumps(told).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            writer.write(head.encode() + content)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
