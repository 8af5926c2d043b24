"""The databases under the tests, tried in test runs of their own with a migration that makes one table."""

import re
import time
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
CONFTEST = """
import pytest
from sqlalchemy import create_engine, text

pytest_plugins = ["tests.databases", "tests.loopback"]


@pytest.fixture(scope="session")
def migrate():
    def one_table(url):
        with create_engine(url).begin() as connection:
            connection.execute(text("CREATE TABLE room (title TEXT UNIQUE)"))

    return one_table
"""
TESTS = """
import pytest
from sqlalchemy import create_engine, text


@pytest.mark.parametrize("repeated", range(4))
def test_is_fresh(database_url, repeated):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO room VALUES ('Project X')"))
        if engine.name == "postgresql":
            print("SERVED ON PORT", connection.scalar(text("SELECT inet_server_port()")))
    engine.dispose()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with tests of its own that run against fresh databases."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the tests of the tests need none, and loading takes a second
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    workers = ("-p", "xdist.plugin") if "-n" in arguments else ()
    return project.runpytest_subprocess(*workers, *arguments)


def test_each_test_has_a_fresh_database_of_each_kind(project: pytest.Pytester) -> None:
    result = run(project, "-v", "--database", "sqlite", "--database", "postgresql")
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["*[[]sqlite-0[]]*", "*[[]postgresql-0[]]*"], consecutive=False)


def test_workers_share_one_server(project: pytest.Pytester) -> None:
    result = run(project, "-n", "2", "-rP", "--database", "postgresql")
    result.assert_outcomes(passed=4)
    servers = set(re.findall("SERVED ON PORT .*", result.stdout.str()))
    assert len(servers) == 1


def test_one_kind_may_be_chosen(project: pytest.Pytester) -> None:
    result = run(project, "--database", "sqlite")
    result.assert_outcomes(passed=4, deselected=4)


def test_without_postgresql_its_tests_are_skipped(project: pytest.Pytester) -> None:
    project.makeconftest(CONFTEST + "\nfrom tests import postgres\npostgres.find_binaries = lambda: None\n")
    result = run(project, "-rs")
    result.assert_outcomes(passed=4, skipped=4)
    result.stdout.fnmatch_lines(["*PostgreSQL is missing*"])


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_skipped_test_fails_where_none_may_be(project: pytest.Pytester, processes: str) -> None:
    project.makepyfile("import pytest\n\ndef test_skipped():\n    pytest.skip('no browser')\n")
    result = run(project, "-n", processes, "-p", "tests.no_skips", "--database", "sqlite")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*skipped, which is not allowed here*", "*::test_skipped: *no browser*"])


def test_the_server_goes_with_the_test_run(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import os

        def test_dies(databases):
            with databases.fresh("postgresql"):
                print(databases._source._server.log.parent, flush=True)
                os.kill(os.getpid(), 9)
        """
    )
    result = run(project, "-s")
    directory = re.search(r"/\S+/army-knife-\w+", result.stdout.str())
    assert directory
    assert disappears(Path(directory.group()))


def disappears(path: Path) -> bool:
    deadline = time.monotonic() + 10
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not path.exists()


def test_nothing_beyond_loopback_is_reached(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import socket
        import pytest
        from tests.loopback import BeyondLoopbackError

        @pytest.mark.parametrize("host", ["192.0.2.1", "webexapis.com", "2001:db8::1"])
        def test_refused(host):
            with pytest.raises(BeyondLoopbackError):
                socket.create_connection((host, 443), timeout=1)

        @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
        def test_allowed(host):
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection((host, server.getsockname()[1])).close()
        """
    )
    run(project).assert_outcomes(passed=5)
