"""What tests of living with connections share: a vendor's authorization server, as new for each."""

from collections.abc import Iterator

import pytest

from tests.keeping.authorization_server import AuthorizationServer, authorization_server

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing there differs


@pytest.fixture(scope="module")
def running() -> Iterator[AuthorizationServer]:
    with authorization_server() as server:
        yield server


@pytest.fixture
def vendor(running: AuthorizationServer) -> AuthorizationServer:
    running.forget()
    return running
