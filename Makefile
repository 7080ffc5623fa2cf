# make run: the site. make test: everything. The other targets are parts of these.
.PHONY: run test quick tools format lint types floors unit browser picture screenshots bench lock
.DEFAULT_GOAL := run

PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --custom-compile-command "make lock"

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

# Other people's SDKs and proxies, in an environment of their own; Node comes with them.
.venv/peers/done: .venv/test tests/peers/requirements.lock tests/peers/package-lock.json
	@tests/install.sh "$(PYTHON)" tests/peers/requirements.lock .venv/peers
	@cp tests/peers/package.json tests/peers/package-lock.json tests/peers/.npmrc .venv/peers/
	@cd .venv/peers && PATH="$$PWD/bin:$$PATH" npm ci --loglevel error >/dev/null
	@touch $@

.venv/strands/done: .venv/test tests/peers/strands.lock
	@tests/install.sh "$(PYTHON)" tests/peers/strands.lock .venv/strands
	@touch $@

tools: .venv/test .venv/peers/done .venv/strands/done
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

# What needs no process of its own and no second of a processor, in about a minute: while code is written.
quick: .venv/test
	@$(BIN)/python -m compileall -q describer vision_site tests
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not browser and not site and not process and not slow" --ignore tests/outside --ignore tests/peers

# The tests start some hundred processes: each is quicker when our own modules are compiled, too. Three files at once on two
# cores: much of their time is waiting.
unit: .venv/test .venv/peers/done .venv/strands/done
	@$(BIN)/python -m compileall -q describer vision_site tests
	$(BIN)/pytest -n 3 --dist loadfile

browser: .venv/test
	$(BIN)/pytest -m browser

# The picture of the README, taken anew by its browser test.
picture: .venv/test
	PICTURE=docs/ask.png $(BIN)/pytest -q -k picture_of_the_readme tests/outside/test_browser.py

# Pictures of all pages, taken anew.
screenshots: .venv/test
	$(BIN)/python -m tests.screenshots

bench: .venv/test .venv/peers/done
	$(BIN)/python -m tests.bench

lock: .venv/test
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group test pyproject.toml -o requirements-test.lock
	$(COMPILE) --group peers -o tests/peers/requirements.lock
	$(COMPILE) --group peers-strands -o tests/peers/strands.lock
	PATH="$(CURDIR)/.venv/peers/bin:$$PATH" npm install --package-lock-only --loglevel error --prefix tests/peers
