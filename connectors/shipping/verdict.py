"""What is no answer of the vendor at all."""

import httpx

from hub.connector import is_read
from hub.domain.errors import HubError, TryLater, Unknown


def without_json(response: httpx.Response) -> HubError:
    """A page that somebody in between put in the place of the answer: nobody knows what the vendor did."""
    request = response.request
    said = f"{request.method} {request.url.path}: {response.status_code} without JSON"
    return TryLater(said) if is_read(request) else Unknown(said)
