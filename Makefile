# Everything runs in .venv, which `make setup` makes and every other target brings up to date first.
#   make test PYTHON=python3.12        another interpreter (3.11, 3.12 or 3.13)
#   make test ARGS="-k affine -x"      anything more for the command behind a target

VENV ?= .venv
EXTRAS ?= dev,cluster
ARGS ?=
# Left empty, an existing environment keeps its Python and a new one is made with python3.
PYTHON ?=

# Writes the sample class (submitted/) from the readable sources beside the tests.
SAMPLE_CLASS = python -m tests.submissions.build

# Compiled once, not anew by each of the thousand processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

# nbgrader calls `alembic` by name, so the environment must be on PATH and not only be called.
IN_VENV = PATH="$$(cd "$(VENV)/bin" && pwd):$$PATH" &&

# The pages of docs/ that come from the course; not where ARGS name single notebooks.
PAGES = $(if $(filter-out --check,$(ARGS)),:,python -m docs $(ARGS))

.DEFAULT_GOAL := help
.PHONY: help setup grade test release validate lite bench lint

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */|/' | \
	  while IFS='|' read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

setup: ## Make or refresh .venv (only when it is out of date)
	@VENV="$(VENV)" EXTRAS="$(EXTRAS)" PYTHON="$(PYTHON)" sh .ci/setup

grade: setup ## Grade the sample class, print its scores, write its reports
	@$(IN_VENV) $(SAMPLE_CLASS)
	@$(IN_VENV) autograder grade --timeout 3 $(ARGS)

test: setup ## Run the tests on all cores; the ten slowest are printed
	@$(IN_VENV) python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=10 $(ARGS)

release: setup ## Build the students' notebooks (assignments/) from solutions/, and the pages about them
	@$(IN_VENV) autograder release $(ARGS)
	@$(IN_VENV) $(PAGES)

validate: setup ## Prove the grader: every known mistake is caught, every reference passes
	@$(IN_VENV) autograder validate $(ARGS)
	@$(IN_VENV) $(PAGES) --check

lite: setup ## Build build/lite, a site in which the notebooks run in the browser (JupyterLite)
	@$(IN_VENV) python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	  jupyterlite-core==0.8.6 jupyterlite-pyodide-kernel==0.8.6
	@rm -rf build/lite
	@$(IN_VENV) autograder handout --site build/lite $(ARGS)
	@echo 'To look at it: cd build/lite && python3 -m http.server'

bench: setup ## Measure side by side with peers
	@$(IN_VENV) python -m benchmarks $(ARGS)

lint: setup ## Check style and types
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) mypy
