# Needs Python 3.12 or newer and make, nothing else. PYTHON=... chooses the interpreter.
PYTHON ?= python3
CORES ?= 4
SEEDS ?= [1]
MINUTES ?= 30
NUMBER ?= 200
BENCHMARKS ?= command first_gradient evaluation scaling samplers repairs ladder mixing ratios
SUITES ?= tests/diagnostics/v0_2_1_divergence
QUICK := verdict_* advice case_checks golden structure naming ladder config record reading store store_damage suites \
	screen board explain errors lock accidents summary report report_markdown apart_pages reliability_docs
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
LOCK := uv pip compile --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.12 --quiet

.DELETE_ON_ERROR:
.PHONY: report_summary install test quick reliability soak attack benchmarks cases mutants generated lint screenshots faults faults-quick faults-blind faults-unseen slurm lock clean help

report_summary: $(STAMP)  ## Run the whole ladder and say where the summary is (the default)
	$(BIN)/snakemake -j$(CORES) report_summary

install: $(STAMP)  ## Build .venv from requirements.lock

test: lint  ## Lint and all tests but those of reliability and attack
	$(BIN)/snakemake --lint
	$(BIN)/python -m pytest -m "not reliability and not long" -n 3 --dist loadfile --no-loadscope-reorder

quick: $(STAMP)  ## What needs no sampling and no compiling: rules, pages, plans, the store, the layers of the house
	$(BIN)/python -m pytest -q -m "not slow" -n 2 --dist loadfile $(QUICK:%=tests/unit/test_%.py)

reliability: $(STAMP)  ## Break, kill and damage real runs: the same command again is right (docs/reliability.md)
	$(BIN)/python -m pytest -m reliability -n 2 tests/reliability
	$(BIN)/python -m pytest -m long -n 2 --dist loadfile

soak: $(STAMP)  ## Kill something at random, again and again (MINUTES=30)
	PYTHONPATH=src $(BIN)/python tests/reliability/soak.py --minutes $(MINUTES)

attack: $(STAMP)  ## All generated bad input; `make test` has a twelfth of it
	FAULTLINE_ATTACK=full $(BIN)/python -m pytest -q tests/attack

cases: $(STAMP)  ## Run the bundled cases: how each ends, how long it takes, and how much of it is shared (CASES="ptycho")
	$(BIN)/python benchmarks/cases.py $(CASES) --cores $(CORES)

benchmarks: $(STAMP)  ## The speed figures of docs/performance.md, an hour on a quiet machine (BENCHMARKS="command ladder")
	for name in $(BENCHMARKS); do echo; echo "$$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

mutants: $(STAMP)  ## How many slips in the rules the tests notice (NUMBER=200)
	$(BIN)/python benchmarks/mutants.py --number $(NUMBER)

generated: $(STAMP)  ## Write what is generated from the code: tables in docs/, kinds in the schema
	$(BIN)/python benchmarks/generated.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check --compact-diff Snakefile workflow benchmarks/faults/Snakefile

screenshots: .venv-screenshots/installed  ## Open the pages of finished suites in a browser, and say what is wrong with their looks (SUITES="...")
	.venv-screenshots/bin/python benchmarks/screenshots.py $(SUITES)

.venv-screenshots/installed:
	$(PYTHON) -m venv .venv-screenshots
	.venv-screenshots/bin/pip install --quiet playwright==1.65.2 axe-playwright-python==0.1.8
	touch $@

faults: $(STAMP)  ## The benchmark of planted faults: how often the diagnosis is right (SEEDS="[1, 2, 3]" for several)
	$(BIN)/snakemake -s benchmarks/faults/Snakefile -j2 --quiet all --config seeds="$(SEEDS)"

faults-quick: $(STAMP)  ## A fixed third of it
	$(BIN)/snakemake -s benchmarks/faults/Snakefile -j2 --quiet all --config seeds="$(SEEDS)" models=quick

faults-blind: $(STAMP)  ## Models that were written without a look at the rules
	$(BIN)/snakemake -s benchmarks/faults/Snakefile -j2 --quiet all --config seeds="$(SEEDS)" models=blind

faults-unseen: $(STAMP)  ## Later ones, likewise
	$(BIN)/snakemake -s benchmarks/faults/Snakefile -j2 --quiet all --config seeds="$(SEEDS)" models=unseen

slurm: $(STAMP)  ## Add what profiles/slurm needs to .venv
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-slurm.lock

lock:  ## Resolve the versions anew (needs uv)
	$(LOCK) pyproject.toml --extra dev -o requirements.lock
	printf '%s\n' snakemake-executor-plugin-slurm snakemake-executor-plugin-slurm-jobstep | \
		$(LOCK) - --no-deps -o requirements-slurm.lock

clean:  ## Remove what is rebuilt: the environment and caches, never a result
	rm -rf $(VENV) .venv-screenshots screenshots .pytest_cache .ruff_cache
	find src scripts tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -nE 's/^([a-z_]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# The .pth makes `import faultline` mean this checkout. Bytecode is made now, as pip does for the packages: where Python
# may not write it (PYTHONDONTWRITEBYTECODE), every start would compile anew. ArviZ's numba functions are compiled now, too.
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 12))' 2> /dev/null || { echo \
		"Faultline needs Python 3.12 or newer with its venv module: install it (Debian, Ubuntu: apt install python3-venv;" \
		"pyenv install 3.13), or name one that you have, as in make PYTHON=python3.13." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	echo "$(CURDIR)/src" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/faultline.pth"
	printf '#!%s\nimport sys\nfrom faultline.__main__ import main\nsys.exit(main())\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/faultline
	chmod +x $(BIN)/faultline
	$(BIN)/python -m compileall -q src
	$(BIN)/python -c 'import arviz_stats.numba.diagnostics'
	touch $@
