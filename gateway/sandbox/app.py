"""The sandbox as one Flask app: the frame's pages and control, and each provider's own interface under its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from gateway.sandbox.book import Book
from gateway.sandbox.control import ModeChoice, control
from gateway.sandbox.courier import Courier
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode
from gateway.sandbox.pages import Counter, pages
from gateway.sandbox.refunding import AnswerLost
from gateway.sandbox.registry import SIMULATORS

POLICY = "default-src 'none'; style-src 'self'; form-action *; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class SandboxConfig:
    """One merchant at the sandbox.

    Attributes:
        callbacks: The gateway's address for callbacks, without a provider's name.
        accounts: The merchant's account with each provider, by the provider's name; secrets are values in it.
        control_token: Without one the control interface does not exist.
        slow_seconds: How long slow payments stay pending. refund_seconds: How long refunds are worked on.
    """

    callbacks: str
    accounts: Mapping[str, Mapping[str, str]] = field(repr=False)
    control_token: str = field(default="", repr=False)
    retry_seconds: tuple[float, ...] = (1, 2, 5, 10, 30)
    slow_seconds: float = 20
    refund_seconds: float = 5


def create_sandbox(config: SandboxConfig) -> Flask:
    """Return the sandbox as a Flask app.

    Raises:
        KeyError: An account is with a provider for which nothing stands in, or lacks a value.
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    counter, choice = _counter(config), ModeChoice()
    for name, simulator in counter.simulators.items():
        desk = _desk(config, counter, choice, name)
        counter.desks[name] = desk
        app.register_blueprint(simulator.blueprint(desk), url_prefix=f"/{name}")
    app.register_blueprint(pages(counter))
    if config.control_token:
        app.register_blueprint(control(counter, choice, config.control_token))
    app.register_error_handler(AnswerLost, _lose_answer)
    app.after_request(_harden)
    app.extensions["courier"] = counter.courier
    return app


def _counter(config: SandboxConfig) -> Counter:
    simulators = {name: SIMULATORS[name](account) for name, account in config.accounts.items()}
    return Counter(Book(), Courier(config.callbacks, config.retry_seconds), simulators, {}, config.slow_seconds)


def _desk(config: SandboxConfig, counter: Counter, choice: ModeChoice, name: str) -> Desk:
    return Desk(
        provider=name,
        title=counter.simulators[name].title,
        book=counter.book,
        modes=tuple(mode for mode in Mode if mode not in counter.simulators[name].without),
        mode_of_next=lambda: choice.of(name),
        refund_seconds=config.refund_seconds,
        may_choose=bool(config.control_token),
    )


def _lose_answer(lost: AnswerLost) -> ResponseReturnValue:
    return "", 500


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
