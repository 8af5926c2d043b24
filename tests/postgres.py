"""A PostgreSQL server of the tests' own: in a temporary directory, without durability, gone with the test run."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

# $1 is the directory, $2 the port, $3 the directory of the binaries ("" for the PATH). The shell holds the server as
# long as its standard input is open, that is until the test run closes it or dies in whatever way; then it takes
# both server and directory away. SIGQUIT is PostgreSQL's immediate shutdown.
_SERVE = """
PATH="$3:$PATH"
initdb -D "$1/data" --auth=trust -U postgres -E UTF8 --locale=C --no-sync || exit
postgres -D "$1/data" -k "$1" -p "$2" -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c autovacuum=off -c max_connections=200 -c wal_level=minimal -c max_wal_senders=0 \
    -c max_wal_size=128MB &
read -r _
kill -QUIT $!
wait $!
rm -rf "$1"
"""

ROOM_NEEDED = 1 << 30  # bytes; a run takes a fifth of it


def find_binaries() -> Path | None:
    """The directory with PostgreSQL's server binaries: Debian's newest version, else what the PATH has."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: (len(path.parent.name), path.parent.name))
    candidates = [*reversed(debian), *([Path(on_path).resolve().parent] if on_path else [])]
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _owner() -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses to be root, so root lends it to postgres or nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def roomy_place() -> str:
    """Where the directories of the tests go: in memory if there is room, where copying a database takes 10 ms, not 200.

    Both places have short names, because a Unix socket's path may have about 100 characters, and let the server's
    user in.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_NEEDED:
        return str(memory)
    return "/tmp"


class Server:
    """One running server; ``url`` is its maintenance database, ``log`` what it said while starting."""

    def __init__(self, binaries: Path) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="army-knife-", dir=roomy_place()))
        self.log = self._directory / "log"
        port = _free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        self._process = self._start(str(port), binaries)

    def _start(self, port: str, binaries: Path) -> subprocess.Popen[bytes]:
        """Start without waiting: making the database cluster takes half a second in which pytest can collect."""
        owner = _owner()
        if owner:
            os.chown(self._directory, owner.pw_uid, owner.pw_gid)
        with self.log.open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", _SERVE, "postgres", str(self._directory), port, str(binaries)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                start_new_session=True,  # Ctrl-C is for pytest, which ends the server when it is done
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
                extra_groups=[] if owner else None,
            )

    def stop(self) -> None:
        """End the server at once and remove its directory."""
        self._process.communicate()
        shutil.rmtree(self._directory, ignore_errors=True)
