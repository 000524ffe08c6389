"""Where credentials are looked for; the OpenAPI description shows these as security schemes."""

from fastapi.security import APIKeyCookie, HTTPBearer

COOKIE = "ahora_session"

USER_BEARER = HTTPBearer(scheme_name="userToken", description="A user token", auto_error=False)
WORKER_BEARER = HTTPBearer(
    scheme_name="workerToken", description="A worker token", auto_error=False
)
ATTEMPT_BEARER = HTTPBearer(
    scheme_name="attemptToken", description="The token of the attempt", auto_error=False
)
SESSION_COOKIE = APIKeyCookie(
    name=COOKIE, scheme_name="session", description="A browser's session", auto_error=False
)
