# make run: the site. make test: everything. The other targets are parts of these.
.PHONY: run test tools format lint types floors unit browser picture bench lock
.DEFAULT_GOAL := run

PYTHON ?= python3
BIN := .venv/bin

run: .venv/run
	@exec $(BIN)/python manage.py up

test: tools lint types floors unit

# Locked, hashed dependencies; uv where there is one, else pip.
.venv/run: requirements.lock
	@tests/install.sh "$(PYTHON)" requirements.lock
	@touch $@

.venv/test: requirements-test.lock
	@tests/install.sh "$(PYTHON)" requirements-test.lock
	@touch .venv/run $@

tools: .venv/test
	@tests/packages.sh

format: .venv/test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html')

lint: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')

types: .venv/test
	$(BIN)/mypy

floors: .venv/test
	$(BIN)/lint-imports

unit: .venv/test
	$(BIN)/pytest -n 2 --dist loadfile

browser: .venv/test
	$(BIN)/pytest -m browser

# The picture of the README, taken anew by its browser test.
picture: .venv/test
	PICTURE=docs/ask.png $(BIN)/pytest -q -k picture_of_the_readme tests/outside/test_browser.py

bench: .venv/test
	$(BIN)/python -m tests.bench

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --custom-compile-command "make lock" --group test pyproject.toml -o requirements-test.lock
