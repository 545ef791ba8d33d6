"""People of the organisation sign in with a name and a password."""

from typing import Protocol, cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_user, logout_user

from gateway.web.forms import guard_forms
from gateway.web.redirects import local_path

blueprint = guard_forms(Blueprint("sign_in", __name__))


class Account(Protocol):
    """What Flask-Login needs of a person who signed in."""

    @property
    def is_authenticated(self) -> bool: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_anonymous(self) -> bool: ...
    def get_id(self) -> str: ...


class Accounts(Protocol):
    """Knows who may sign in; `app.extensions["accounts"]` holds it."""

    def authenticate(self, username: str, password: str) -> Account | None:
        """Return the account, or None for a name or password that is wrong; both must take the same time."""
        ...


def accounts() -> Accounts:
    """Return the provider that the app was wired with."""
    return cast(Accounts, current_app.extensions["accounts"])


@blueprint.get("/sign-in")
def ask() -> ResponseReturnValue:
    """Ask for name and password."""
    return render_template("web/sign_in.html", next_path=local_path(request.args.get("next"), ""))


@blueprint.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Open a new session for the right password; never say which of the two was wrong."""
    username = request.form.get("username", "").strip()
    next_path = local_path(request.form.get("next"), "")
    account = accounts().authenticate(username, request.form.get("password", "")) if username else None
    if account is None or not login_user_anew(account):
        problem = gettext("Tên đăng nhập hoặc mật khẩu không đúng.")
        return render_template("web/sign_in.html", problem=problem, username=username, next_path=next_path), 401
    return redirect(next_path or url_for("admin.stories"), 303)


def login_user_anew(account: Account) -> bool:
    """Sign in within an empty session, so that nothing prepared before it lives on (session fixation)."""
    session.clear()
    return bool(login_user(account))


@blueprint.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("home.home"), 303)
