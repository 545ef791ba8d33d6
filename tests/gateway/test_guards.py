"""Tables that must stay whole: every error has its words, every route its rule, every status its place."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from flask import Flask

import certs
import config
import gateway
import payments
import signing
from gateway.app import create_app
from gateway.auth.scopes import SCOPES
from gateway.jobs.handlers import HANDLERS
from gateway.problem_catalogue import HTTP_CODES, PROBLEMS
from gateway.services import Services

# Doors that stand open on purpose, each with what guards it instead of a token.
OPEN_ROUTES = {
    "operations.healthz": "says nothing but that the process answers",
    "operations.readyz": "says nothing but which part fails",
    "operations.metrics": "numbers only; the proxy keeps it inside",
    "openapi": "the API's description",
    "oauth.issue_token": "client credentials",
    "callbacks.receive": "the provider's signature",
}
PAGES = ("web", "home", "pay", "receipts", "verify", "sign_in", "admin", "docs", "language")


def _modules() -> Iterator[str]:
    for package in (certs, config, gateway, payments, signing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                yield module.name


def _errors(base: type[BaseException]) -> Iterator[type[BaseException]]:
    for child in base.__subclasses__():
        yield child
        yield from _errors(child)


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def test_every_error_of_ours_has_a_problem_in_both_languages() -> None:
    for name in _modules():
        importlib.import_module(name)
    roots = ("certs.", "config.", "gateway.", "payments.", "signing.")
    # Those never reach a caller of the API: they end a command, or belong to the demonstration and the sandbox.
    elsewhere = ("gateway.demo.", "gateway.devpki.", "gateway.sandbox.")
    codes = {
        f"{error.__module__}.{error.__name__}": error.__dict__["code"]
        for error in _errors(Exception)
        if error.__module__.startswith(roots)
        and not error.__module__.startswith(elsewhere)
        and isinstance(error.__dict__.get("code"), str)
    }

    assert len(codes) > 80
    assert {name: code for name, code in codes.items() if code not in PROBLEMS} == {}


def test_every_problem_is_said_in_two_languages_and_has_an_honest_status() -> None:
    for code, problem in PROBLEMS.items():
        assert 400 <= problem.status < 600, code
        assert all((problem.title_vi, problem.title_en, problem.advice_vi, problem.advice_en)), code
        assert problem.title_vi != problem.title_en, code
        assert problem.status < 500 or problem.retry_after_seconds or problem.status == 500, code
    assert set(HTTP_CODES.values()) <= set(PROBLEMS)


def test_every_route_has_a_rule_about_who_may_use_it(app: Flask) -> None:
    unruled = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        scoped = getattr(view, "auth_rule", None) or getattr(getattr(view, "__wrapped__", None), "auth_rule", None)
        if rule.rule.startswith("/v1"):
            if not (scoped and scoped.removeprefix("scope:") in SCOPES):
                unruled.append(rule.rule)
        elif rule.endpoint.split(".")[0] not in PAGES and rule.endpoint not in OPEN_ROUTES:
            unruled.append(rule.rule)

    assert unruled == []


def test_every_kind_of_work_that_becomes_due_has_a_handler() -> None:
    assert set(HANDLERS) == {
        "signing",
        "evidence-file",
        "validation",
        "augmentation",
        "timestamp",
        "archive",
        "archive-renewal",
        "event-fan-out",
        "webhook-delivery",
        "receipts",
        "provider-receipt",
        "key-self-check",
        "revocation-refresh",
        "revocation-prefetch",
        "trusted-list",
    }
