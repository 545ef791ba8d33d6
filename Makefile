# What people and CI call; README.md tells the story, `make` alone lists the targets.
# ARGS=… is handed on: `make run ARGS=--once`, `make test ARGS="-k vnpay"`. PYTHON=… chooses the interpreter for .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# A dozen Python processes start in a run: where compiled modules may not be kept, compiling them is most of the wait.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test check migrate-check bench lock format clean

python := .venv/bin/python
packages := config certs signing payments gateway
# One spelling of how requirements are pinned, so that two people's files differ only where packages do.
pin := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set up, play one dossier's whole life, keep serving until Ctrl-C (ARGS=--once: end after the story)
	@deploy/setup/setup.sh run
	@exec $(python) -m gateway demo $(ARGS)

test: ## Set up and run every test, on SQLite and on PostgreSQL, two at a time
	@deploy/setup/setup.sh test
	@exec $(python) -m pytest -n 2 --dist loadgroup $(ARGS)

check: ## Format, lint, types, imports between layers, migrations: what CI checks before the tests
	@deploy/setup/setup.sh check
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy $(packages)
	.venv/bin/lint-imports
	$(python) -m gateway db check

migrate-check: ## Say whether the migrations still make what the models say
	@deploy/setup/setup.sh check
	@exec $(python) -m gateway db check

bench: ## Run the benchmarks; prints ratios as a table and JSON
	@deploy/setup/setup.sh run
	@exec $(python) -m benchmarks $(ARGS)

format: ## Format the code and mend what the linter can mend by itself
	@deploy/setup/setup.sh check
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: ## Pin requirements*.txt anew from the .in files (ARGS=--upgrade: to the newest versions)
	@deploy/setup/setup.sh check
	$(pin) $(ARGS) requirements.in -o requirements.txt
	$(pin) $(ARGS) requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean: ## Remove all that these targets made: .venv, the development database, keys and documents in var/, caches
	rm -rf .venv var build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
