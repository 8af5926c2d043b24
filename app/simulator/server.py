"""The simulator as one object: start it, ask for its address, stop it."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from flask import Flask

from app.simulator import keeping, world
from app.simulator.application import create_application
from app.simulator.cloud import Cloud
from app.simulator.description import Description
from app.simulator.http import Server

DEMO_REDIRECT_URIS = ("http://127.0.0.1:8000/oauth/callback",)


class Simulator:
    """A Webex cloud of its own on one port: REST and OAuth under `/v1`, a chat page at `/`, controls under `/_sim`."""

    prepare: ClassVar[Callable[[Flask], object]] = staticmethod(lambda application: None)
    """Called with the application of every simulator before it serves; who wants to look over all calls comes in here.

    Functions before and after requests are that application's own; routes would be those of all of them.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8001,
        *,
        bot_token: str = "demo-bot-token",  # noqa: S107
        client_id: str = "demo-client-id",
        client_secret: str = "demo-client-secret",  # noqa: S107
        redirect_uris: tuple[str, ...] | None = DEMO_REDIRECT_URIS,
        description: Description | None = None,
        save_path: Path | None = None,
    ) -> None:
        """Prepare a cloud with a world in it; nothing listens yet.

        :param port: 0 chooses a free one.
        :param bot_token: with the next three, what the bot and the integration of the demo world have.
        :param redirect_uris: where the integration may be called back; None allows any loopback address.
        :param description: another world than the demo's.
        :param save_path: the file that `POST /_sim/save` writes; None refuses that call.
        """
        self.cloud = Cloud()
        world.populate(
            self.cloud,
            description
            or world.demo(
                bot_token=bot_token,
                client_id=client_id,
                client_secret=client_secret,
                redirect_uris=tuple(redirect_uris) if redirect_uris is not None else None,
            ),
        )
        self.host = host
        self._save_path = save_path
        self._port = port
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of the simulator, without a slash at the end; a port of 0 is known after the start."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Listen, and serve in a thread of its own.

        :raises OSError: if the port is taken.
        """
        server = self._listen()
        self._thread = threading.Thread(target=server.serve, name="simulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it: no request, no delivery, no open connection is left."""
        if self._server is None:
            return
        if self._thread is not None:
            self._server.end()
            self._thread.join()
        self._close(self._server)

    def run_forever(self, begun: Callable[[], object] = lambda: None) -> None:
        """Serve in this thread until it is interrupted.

        :param begun: called when it listens.
        :raises OSError: if the port is taken.
        """
        server = self._listen()
        try:
            begun()
            server.serve()
        except KeyboardInterrupt:
            pass
        finally:
            self._close(server)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def _listen(self) -> Server:
        application = create_application(self.cloud)
        if self._save_path is not None:
            application.extensions[keeping.SAVE_PATH] = self._save_path
        Simulator.prepare(application)
        self._server = Server(self.host, self._port, application)
        self._port = self._server.server_address[1]
        return self._server

    def _close(self, server: Server) -> None:
        self.cloud.feed.close()
        self.cloud.deliveries.stop()
        server.cut()
        server.server_close()
        self._server = self._thread = None
