# The whole developer interface. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help run test unit test-radosgw check lint types layers templates migrations format pictures bench \
	lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

lock: .venv/.tools ## pin requirements.in and requirements-dev.in again
	$(LOCK) --upgrade requirements.in --output-file requirements.txt
	$(LOCK) --upgrade requirements-dev.in --output-file requirements-dev.txt

.venv/.runtime: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.txt
	@touch $@

.venv/.tools: requirements-dev.txt .venv/.runtime
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

# What is made from sources and not kept in git: compiled words, the page
# server's built-in pages, the portal's static files with their digests.
BUILT_FROM := $(wildcard locale/*/LC_MESSAGES/*.po templates/pages/* \
	maintenance/publishing/*.py maintenance/domain/*.py) \
	$(shell find maintenance/static -type f 2>/dev/null)
KEY := PORTAL_SECRET_KEY=this-one-signs-nothing-it-only-builds-files
BUILD := $(KEY) $(BIN)/python manage.py

.venv/.built: .venv/.runtime $(BUILT_FROM)
	@$(BUILD) compile_words --verbosity 0
	@$(BUILD) build_builtin --verbosity 0
	@$(BUILD) collectstatic --no-input --clear --verbosity 0
	@touch $@

run: .venv/.built ## start everything on 127.0.0.1; Ctrl-C stops it
	@$(BIN)/python -m portal.launch

test: .venv/.tools .venv/.built ## every test but those that need Ceph
	@$(BIN)/python -m coverage run -m pytest -m "not radosgw" $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

unit: .venv/.tools .venv/.built ## the tests that need no other process, quickly
	@$(BIN)/python -m pytest -q --ignore tests/processes --ignore tests/servers \
		--ignore tests/browser --ignore tests/proxies -m "not radosgw" $(ARGS)

test-radosgw: .venv/.tools .venv/.built ## the storage tests against Ceph's radosgw
	@$(BIN)/python -m pytest -m radosgw $(ARGS)

check: lint types layers templates migrations ## everything but the tests

lint: .venv/.tools ## format and rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: .venv/.tools .venv/.built
	@$(KEY) $(BIN)/mypy .

layers: .venv/.tools ## who may import whom
	@$(BIN)/lint-imports

templates: .venv/.tools
	@$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	@$(BIN)/djlint templates --lint --profile=django --quiet

migrations: .venv/.built ## models without a migration
	@$(BUILD) makemigrations --check --dry-run

format: .venv/.tools ## what can be put right by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html')

clean: ## remove what make made; var/ stays
	rm -rf .venv staticfiles maintenance/pageserver/builtin.json.gz
	find locale -name '*.mo' -delete

pictures: .venv/.tools .venv/.built ## make the README's pictures again
	@$(BIN)/python -m tests.browser.pictures

bench: .venv/.tools .venv/.built ## the figures of the README; takes ten minutes
	@command -v nginx wrk h2load >/dev/null || { echo "apt-get install nginx-light wrk nghttp2-client"; exit 1; }
	@$(BIN)/python -m bench.side_by_side
	@$(BIN)/python -m bench.page_server
	@$(BIN)/python -m bench.whole_path
	@$(BIN)/python -m bench.publication
