# Minga. `make demo` and `make test` need Python 3.11 or newer (with venv), git, and Node 20 for the agent CLIs.
.DEFAULT_GOAL := help
PYTHON ?= python3
# Workers of the test suite, for two processors: tests of CLIs and of processes wait part of their time for a next try, a disk, a clock.
WORKERS ?= 3
BIN := .venv/bin
READY := .venv/.ready
NPM_SDKS := $(addsuffix /node_modules/.package-lock.json,tests/gateway/npm tests/editors/npm tests/mcp/npm)
DEMO_TASK := ¿Está correcta esta factura y hasta cuándo puedo reclamarla? La recibí el 20 de noviembre de 2026
DEMO_QUESTION := ¿Qué sabemos sobre el plazo para reclamar la factura?
DEMO_FILE := examples/dte/factura.xml

# What pytest and Python have compiled of the tests is kept, also where PYTHONDONTWRITEBYTECODE is set: with it each
# worker would compile all of them anew at each start, a third of what it costs to find the tests.
test test-compiled: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo demo-clis demo-connect test check bench bench-gateway translations compiled test-compiled docs format lock prices clis npm-sdks clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 20

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## install everything, run one task with its receipt, and another that knows what the first one learned
	@echo; echo '$$ MINGA_DTE_TRIAL=on minga run --explain --file $(DEMO_FILE) "$(DEMO_TASK)"'
	@MINGA_DTE_TRIAL=on $(BIN)/minga run --explain --file $(DEMO_FILE) "$(DEMO_TASK)"
	@echo; echo '$$ minga run "$(DEMO_QUESTION)"'
	@$(BIN)/minga run "$(DEMO_QUESTION)"
	@echo; echo '$$ minga doctor'; $(BIN)/minga doctor || true
	@echo; $(MAKE) --no-print-directory demo-connect
	@echo; echo "Next: $(BIN)/minga connect all    or    make demo-clis"

demo-connect: $(READY)  ## one project in Claude Code and Codex: rules, memory and an invoice, on the scripted model server
	@$(BIN)/minga agents install --missing --quiet claude codex
	$(BIN)/python examples/one_project_two_clis.py

demo-clis: $(READY)  ## a fallback between two real CLIs on the scripted model server
	@$(BIN)/minga agents install --missing --quiet claude codex
	$(BIN)/python examples/fallback_between_clis.py

clis: $(READY)  ## install the six CLIs, pinned, below Minga's own data directory
	$(BIN)/minga agents install --missing --all

npm-sdks: $(NPM_SDKS)  ## install what the tests run on Node, pinned: the vendors' SDKs, a client of ACP, the MCP conformance tool and inspector

$(NPM_SDKS): %/node_modules/.package-lock.json: %/package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent --prefer-offline --prefix $*
	@touch $@

test: $(READY) clis npm-sdks  ## the whole test suite, with the real CLI binaries
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(READY)  ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) clis  ## measure and print the tables
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks dte

bench-gateway: $(READY)  ## measure the gateway beside its peers; installs them below the cache; an hour
	$(BIN)/python -m benchmarks gateway --write
	$(BIN)/python -m benchmarks gateway --no-install --faults --write
	$(BIN)/python -m benchmarks gateway --no-install --soak 10 --only Minga --write

translations: $(READY) clis npm-sdks  ## show anew what is translated with which SDKs and CLIs, and write its page
	@rm -rf .translations && mkdir .translations
	MINGA_WRITE_TRANSLATIONS=$(CURDIR)/.translations $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile \
	  tests/gateway/test_translated_sdks.py tests/gateway/test_npm_sdks.py tests/gateway/test_clis_on_other_families.py
	$(BIN)/python tests/gateway/write_translations.py .translations
	@rm -rf .translations

docs: $(READY)  ## make the generated pages of docs/reference anew
	$(BIN)/python tools/cli_reference.py
	$(BIN)/python tools/transcript_schema.py
	$(BIN)/python tools/dte_rules.py

format: $(READY)  ## put the code in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make lock" --all-extras --group dev pyproject.toml -o requirements.lock

compiled: $(READY)  ## build Minga with the gateway's modules as machine code, into .compiled; needs a C compiler, three minutes
	@rm -rf .compiled
	MINGA_COMPILE=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target .compiled .

# It puts other objects in the place of compiled ones, which only Python takes.
NOT_COMPILED := --ignore tests/gateway/test_cached_calls_shared.py

test-compiled: compiled  ## the tests of what is compiled, with the machine code
	PYTHONPATH=$(CURDIR)/.compiled $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  $(NOT_COMPILED) tests/gateway tests/identity tests/infrastructure tests/ledger tests/policy tests/providers tests/routing tests/telemetry

prices: $(READY)  ## make the price table anew from genai-prices
	$(BIN)/python tools/price_table.py

clean:  ## remove what was built here
	rm -rf .venv .compiled .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
