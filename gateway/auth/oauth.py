"""OAuth 2 client credentials for machines (RFC 6749 4.4, RFC 6750), by Authlib over our own tables."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar, cast

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.errors import MissingAuthorizationError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator, InsufficientScopeError
from flask import Blueprint, Flask, Response, current_app, g

from gateway.auth.caller import Caller
from gateway.auth.secrets_hashing import new_secret, secret_matches, token_sha256
from gateway.db.tables.callers import AccessTokenRow, ApiClientRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem

TOKEN_LIFETIME = timedelta(hours=1)
P = ParamSpec("P")
R = TypeVar("R")


class _Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, row: ApiClientRow | None, client_id: str) -> None:
        self.client_id = client_id
        self.row = row

    def get_client_id(self) -> str:
        return self.client_id

    def check_client_secret(self, secret: str) -> bool:
        return secret_matches(self.row.secret_hash if self.row else None, secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method in {"client_secret_basic", "client_secret_post"}

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str | None) -> str:
        allowed = self.row.scopes if self.row else []
        asked = scope.split() if scope else allowed
        return " ".join(name for name in asked if name in allowed)


class _Token(TokenMixin):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, row: AccessTokenRow, client: ApiClientRow) -> None:
        self.row = row
        self.client = client

    def get_scope(self) -> str:
        return self.row.scope

    def is_expired(self) -> bool:
        return self.row.expires_at <= datetime.now(UTC)

    def is_revoked(self) -> bool:
        return self.client.disabled_at is not None


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class _TokenValidator(BearerTokenValidator):  # type: ignore[misc]  # Authlib has no types
    def authenticate_token(self, token_string: str) -> _Token | None:
        with _unit_of_work(read_only=True) as work:
            row = work.session.get(AccessTokenRow, token_sha256(token_string))
            client = work.session.get(ApiClientRow, row.client_id) if row else None
            return _Token(row, client) if row and client else None


def _unit_of_work(*, read_only: bool = False) -> UnitOfWork:
    return cast("UnitOfWork", current_app.extensions["services"].unit_of_work(read_only=read_only))


def _query_client(client_id: str) -> _Client:
    with _unit_of_work(read_only=True) as work:
        row = work.session.get(ApiClientRow, client_id)
    # An unknown client still gets an object, so that refusing it costs the same time as a wrong secret.
    return _Client(row if row and row.disabled_at is None else None, client_id)


def _save_token(token: dict[str, Any], request: Any) -> None:
    now = datetime.now(UTC)
    client = request.client.row
    with _unit_of_work() as work:
        work.session.add(
            AccessTokenRow(
                token_sha256=token_sha256(token["access_token"]),
                unit_id=client.unit_id,
                client_id=client.id,
                scope=token.get("scope", ""),
                issued_at=now,
                expires_at=now + timedelta(seconds=token["expires_in"]),
            )
        )
        work.commit()


_server = AuthorizationServer()
_protector = ResourceProtector()
_protector.register_token_validator(_TokenValidator())
blueprint = Blueprint("oauth", __name__)


@blueprint.post("/oauth/token")
def issue_token() -> Response:
    """Exchange client credentials for a bearer token that lasts an hour."""
    return cast("Response", _server.create_token_response())


def register_oauth(app: Flask) -> None:
    """Add the token endpoint."""
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": int(TOKEN_LIFETIME.total_seconds())}
    app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = lambda *_, **__: new_secret()
    _server.init_app(app, query_client=_query_client, save_token=_save_token)
    _server.register_grant(_ClientCredentials)
    app.register_blueprint(blueprint)


def authorised(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view run only for a live token with the scope; g.caller then says whose it is."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.caller = _caller(scope)
            return view(*args, **kwargs)

        guarded.auth_rule = f"scope:{scope}"  # type: ignore[attr-defined]  # read by the route guard's test
        return guarded

    return decorate


def _caller(scope: str) -> Caller:
    try:
        token = _protector.acquire_token([scope])
    except MissingAuthorizationError:
        raise ApiProblem("token-missing") from None
    except InsufficientScopeError:
        raise ApiProblem("scope-missing", f"the token lacks the scope {scope}") from None
    except OAuth2Error:
        raise ApiProblem("token-invalid") from None
    client = token.client
    return Caller(client.id, client.name, client.unit_id, tuple({client.unit_id, *client.unit_ids}))
