"""Making secrets, and the hashes that are stored instead of them."""

import hashlib
import hmac
import secrets

PREFIXES = {"user": "ahu_", "worker": "ahw_"}
ATTEMPT_PREFIX = "aha_"


def new_secret(kind: str) -> str:
    """A token's secret (256 bits); the prefix says what it is for, also to secret scanners."""
    return PREFIXES[kind] + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256, hexadecimal. The secrets are random, so they need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def attempt_token(worker_secret: str, attempt_id: str) -> str:
    """The token of an attempt, derived from the secret of the worker that claimed it: a repeated
    claim gets the same token, though the database holds only its hash."""
    mac = hmac.new(worker_secret.encode(), f"attempt:{attempt_id}".encode(), hashlib.sha256)
    return ATTEMPT_PREFIX + mac.hexdigest()
