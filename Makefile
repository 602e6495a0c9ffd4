# Everything a newcomer runs; needs python3 >= 3.10 and make, nothing else. All paths are relative, so that a space
# in the checkout's path does no harm.

PYTHONS = python3.13 python3.12 python3.11 python3.10 python3 python3.14
SUITABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))
BIN = .venv/bin
SCHEMA = schemas/pg-xcopy.schema.json
COVERED = --cov --cov-fail-under=95

# What `make lambda` builds for; LAMBDA_MANIFEST names files to put beside the code.
LAMBDA_PYTHON = 3.13
LAMBDA_ARCH = x86_64
LAMBDA_MANIFEST =
LAMBDA_OUTPUT = dist/lambda

# What `make image` builds, and with which of docker and podman; IMAGE_BUILD takes further options of theirs. `make lock`
# pins what the extras in LOCK_EXTRAS need: of these IMAGE_EXTRAS may name any.
IMAGE = pg-xcopy
IMAGE_ENGINE = $(shell docker version >/dev/null 2>&1 && echo docker || echo podman)
IMAGE_PYTHON = docker.io/library/python:3.13-slim
IMAGE_EXTRAS = aws,ssh,metrics
IMAGE_BUILD = $(if $(filter podman,$(notdir $(IMAGE_ENGINE))),--format docker)
IMAGE_VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' app/pg_xcopy/__init__.py)
LOCK_EXTRAS = aws metrics otel ssh

# tox hands over the bin of an environment that it has made; ours is made here.
ifeq ($(BIN),.venv/bin)
READY = .venv/installed
endif

.PHONY: help demo test coverage check lint type security format audit bench chart image lock lambda package docs docs-serve venv clean

help:
	@echo "make demo    copy a made-up shop between two throw-away servers, in four ways"
	@echo "make test    run all tests, with coverage; make test ARGS='-k swap -x' runs some"
	@echo "make check   lint, format, types, architecture, security, JSON Schema; make lint, type, security: each by itself"
	@echo "make format  write all files as make check wants them"
	@echo "make audit   look for known vulnerabilities in what is installed in .venv; asks PyPI"
	@echo "make bench   measure, beside psql, pg_dump, pgcopydb; make bench ARGS='--scale 0.1 --only narrow' is quick"
	@echo "make chart   lint the Helm chart, render it with each of its values files into dist/chart, hold that against Kubernetes"
	@echo "make image   build the container image pg-xcopy with docker or podman: docs/container.md"
	@echo "make lock    pin anew what the image is made of, with hashes, in image/requirements.lock; asks PyPI"
	@echo "make lambda  build dist/lambda/function.zip and layer.zip for AWS Lambda: docs/lambda.md"
	@echo "make docs    build the documentation into dist/site; make docs-serve shows it while it is written"
	@echo "make package build the wheel and the sdist into dist/package"
	@echo "make venv    make .venv, which the others do by themselves"
	@echo "make clean   remove .venv and all that was built or cached"

demo: .venv/installed
	@$(BIN)/pg-xcopy demo

# Some tests only want a quick look, without the rule about coverage: that is ARGS.
test: $(READY)
	@"$(BIN)/python" -m pytest $(if $(ARGS),$(ARGS),$(COVERED) --cov-report=term-missing)

coverage: $(READY)
	@"$(BIN)/python" -m pytest $(COVERED) --cov-report=html $(ARGS)

check: lint type security

lint: $(READY)
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/lint-imports"
	if test -x "$(BIN)/hadolint"; then "$(BIN)/hadolint" Dockerfile compose/bastion/Dockerfile; fi
	"$(BIN)/pg-xcopy" schema | diff -u $(SCHEMA) -

type: $(READY)
	"$(BIN)/mypy"

security: $(READY)
	"$(BIN)/bandit" --quiet --configfile pyproject.toml --recursive app

format: $(READY)
	"$(BIN)/ruff" format .

# Everything installed but this project itself; --strict, because what could not be looked up has not been found safe.
audit: $(READY)
	"$(BIN)/python" -m pip freeze --exclude pg-xcopy | "$(BIN)/pip-audit" --strict --no-deps --disable-pip -r /dev/stdin

bench: .venv/installed
	@PYTHONPATH="tests$${PYTHONPATH:+:$$PYTHONPATH}" $(BIN)/python -m bench $(ARGS)

chart: $(READY)
	@"$(BIN)/python" helm/chart.py check --output dist/chart

# The time that the image says it was made at is that of the commit, so that a commit gives one image.
image:
	"$(IMAGE_ENGINE)" build --tag "$(IMAGE)" $(IMAGE_BUILD) \
	  --build-arg PYTHON_IMAGE="$(IMAGE_PYTHON)" --build-arg EXTRAS="$(IMAGE_EXTRAS)" \
	  --build-arg VERSION="$(IMAGE_VERSION)" \
	  --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null)" \
	  --build-arg CREATED="$$(git log -1 --format=%cI 2>/dev/null)" .

lock: $(READY)
	"$(BIN)/uv" pip compile --quiet --universal --python-version 3.10 --no-python-downloads --generate-hashes --upgrade \
	  --custom-compile-command "make lock" $(LOCK_EXTRAS:%=--extra %) \
	  --output-file image/requirements.lock pyproject.toml image/build.in

lambda: $(READY)
	@"$(BIN)/python" lambda/build.py --python $(LAMBDA_PYTHON) --arch $(LAMBDA_ARCH) --output "$(LAMBDA_OUTPUT)" \
	  --manifest $(LAMBDA_MANIFEST)

docs: $(READY)
	"$(BIN)/python" docs/reference.py
	NO_MKDOCS_2_WARNING=1 "$(BIN)/python" -m mkdocs build --quiet

docs-serve: $(READY)
	"$(BIN)/python" -m mkdocs serve

# TAG, where one is given, must be the version's.
package: $(READY)
	$(if $(TAG),"$(BIN)/python" tests/shipping/tag.py "$(TAG)")
	rm -rf dist/package
	"$(BIN)/python" -m build --outdir dist/package .

venv: .venv/installed

# A pyenv shim exists for versions that don't run, and Debian's python3 comes without ensurepip: so each is tried.
.venv/installed: pyproject.toml
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  for python in $(PYTHONS) ""; do \
	    if test -n "$$python" && $$python -c '$(SUITABLE)' >/dev/null 2>&1; then break; fi; \
	  done; \
	  if test -z "$$python"; then \
	    echo "No Python 3.10 or later with venv was found (tried: $(PYTHONS))." >&2; \
	    echo "On Debian and Ubuntu: apt-get install python3 python3-venv" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making .venv with $$python ($$($$python -V))"; \
	  $$python -m venv --clear .venv; \
	fi
	@echo "Installing pg-xcopy, a PostgreSQL for the demo and the development tools into .venv"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[demo,dev]'
	@$(BIN)/python -m compileall -q app
	@$(BIN)/python -c 'from pg_xcopy.sql.render import compile_templates; compile_templates()'
	@touch $@

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf build dist log/coverage .tox .coverage .coverage.*
	find app tests -name __pycache__ -prune -exec rm -rf {} +
