# Everything a newcomer needs: python3 (3.11 or newer) and make. The first target run creates .venv from the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo tour serve test deep storm lint words mutants bench screenshots lock

help:  ## List what you can do here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sessions needs Python 3.11 or newer; try: make PYTHON=python3.12 …"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

demo: $(STAMP)  ## Try the whole product on this machine, no Slack workspace needed
	$(BIN)/python -m bot demo

tour: $(STAMP)  ## Run the main job headless and print what each person saw
	$(BIN)/python -m bot tour

serve: $(STAMP)  ## Serve a real Slack workspace (settings from the environment or .env)
	$(BIN)/python -m bot serve

test: $(STAMP)  ## Run every test, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not deep" $(ARGS)

deep: $(STAMP)  ## Run the same properties longer: more examples, more kills, two minutes of storm
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n 2 --dist loadgroup -m "deep or hypothesis" --timeout 1500 $(ARGS)

SECONDS ?= 240
SEED ?= 1
storm: $(STAMP)  ## Kill, stop and cut off real processes under load, and count what people saw of it
	$(BIN)/python -m tests.storm --seconds $(SECONDS) --seed $(SEED)

lint: $(STAMP)  ## Check style, types, import rules and catalogues
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.words --check

words: $(STAMP)  ## Bring the catalogues up to date with what the code says (NEW=de begins one)
	$(BIN)/python -m tests.words $(if $(NEW),--add $(NEW))

mutants: $(STAMP)  ## Plant 200 small faults, one at a time, and see that tests notice them
	$(BIN)/python -m tests.mutants

bench: $(STAMP)  ## Measure the figures, as ratios against bare Bolt and bare SQL
	$(BIN)/python -m benchmarks

screenshots: $(STAMP)  ## Take the pictures under docs/screenshots (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

lock: $(STAMP)  ## Pin the dependencies again after editing pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock
