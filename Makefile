# Army Knife. Two commands are all it takes: make demo, make test.
#
#   VENV=…         where the Python environment lives (.venv)
#   PYTHON=…       the Python to make it with (the first 3.11 or newer on the PATH)
#   PYTEST_ARGS=…  what pytest gets instead of the five processes below (tests compute more than they wait, but not all at once)
#   PARTS=…        of make bench (micro,http,e2e,counts)
#   LOCK_ARGS=…    more for uv, as in make lock LOCK_ARGS=--upgrade

.POSIX:
.PHONY: help install demo test judges bench check format lock clean documents translations
.DEFAULT_GOAL := help

VENV = .venv
PYTHON =
PYTEST_ARGS = -n 5 --dist loadgroup
LOCK_ARGS =
PARTS =
comma := ,
# Of the tests, what other parts of them stand on.
TYPED_PLUGINS = tests/databases.py tests/postgres.py tests/loopback.py tests/no_skips.py tests/openapi.py \
	tests/children/sitecustomize.py tests/judges/__main__.py
MAKEFLAGS += --no-print-directory

export VENV PYTHON
# Without compiled modules kept, each of the many processes that the tests start would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
export GOAL = $(firstword $(MAKECMDGOALS))

help:  ## Say what can be made
	@echo 'Army Knife, a personal assistant for Webex.'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo:  ## Set everything up and run Army Knife with a Webex of its own (Ctrl-C ends it)
	@sh -c "$$ENVIRONMENT" environment requirements.lock
	@exec "$(VENV)/bin/flask" --app wsgi demo

test:  ## Set everything up and pass every test
	@sh -c "$$ENVIRONMENT" environment requirements-dev.lock
	@sh tests/machine.sh
	@$(MAKE) check

install:  ## Set up the environment with the tools for development
	@sh -c "$$ENVIRONMENT" environment requirements-dev.lock
	@echo 'The environment $(VENV) is ready.'

judges:  ## Let software that others wrote judge the simulator (slow; installs it with pip and npm in temporary folders)
	@sh -c "$$ENVIRONMENT" environment requirements-dev.lock
	@"$(VENV)/bin/python" -m tests.judges

bench:  ## Measure what everything costs, beside others, and write docs/performance.md (PARTS=micro,http,e2e,counts; 7 minutes)
	@sh -c "$$ENVIRONMENT" environment requirements-dev.lock
	@"$(VENV)/bin/python" -m benchmarks $(subst $(comma), ,$(PARTS))

check:  ## Format, lint, types, imports and tests, with what is installed
	@test -x "$(VENV)/bin/ruff" || { echo 'The tools are not in $(VENV) yet: say make test, or make install.' >&2; exit 1; }
	@$(call pass,ruff format --check .,say make format.)
	@$(call pass,ruff check .,make format mends what it can.)
	@# Beside the checks, tests are read once by one process, or each of the processes would compile all of them; what is
	@# wrong with them is told by the next line.
	@"$(VENV)/bin/python" -m pytest --collect-only --quiet -p no:xdist >/dev/null 2>&1 & \
		( { $(call pass,mypy); } && { $(call pass,mypy $(TYPED_PLUGINS)); } && { $(call pass,lint-imports --no-logo); } ); \
		outcome=$$?; wait; exit $$outcome
	@$(call pass,python -m pytest $(PYTEST_ARGS))

format:  ## Put the source in its form
	@"$(VENV)/bin/ruff" check --fix --quiet . || true
	@"$(VENV)/bin/ruff" format .

documents:  ## Write docs/commands.md anew, from the commands themselves
	@"$(VENV)/bin/flask" --app wsgi documents

translations:  ## Bring translations/ up to date with the texts of source and templates
	@"$(VENV)/bin/flask" --app wsgi translations

# The development lock holds everything of the runtime lock at the same versions, so one environment serves both.
lock:  ## Resolve the requirements anew (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv: https://docs.astral.sh/uv/' >&2; exit 1; }
	@$(call compile,requirements.lock,requirements.in)
	@$(call compile,requirements-dev.lock,requirements.in requirements-dev.in -c requirements.lock)

clean:  ## Remove the environment and every cache (the data stays)
	@test ! -f "$(VENV)/pyvenv.cfg" || rm -rf "$(VENV)"
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call pass,command of the environment,hint): run it, and if it fails say which one it was.
pass = "$(VENV)/bin/"$(1) || { echo 'Stopped: $(1) failed; $(or $(2),the reason is above.)' >&2; exit 1; }

# $(call compile,lock,sources): one lock for every platform and every Python from 3.11 on, without a word about this machine.
compile = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' $(LOCK_ARGS) $(2) -o $(1)

# The script that makes $VENV hold what the lock $1 says. It is here and not in a file so that nothing but this
# Makefile and the locks is needed. $VENV/<lock>.installed is written last and tells what the environment was made
# from and where; $VENV/unfinished is there as long as pip works, so that an interrupted install is not built upon.
define ENVIRONMENT
set -eu

lock=$$1
case $$VENV in /*) home=$$VENV ;; *) home=$$(pwd -P)/$$VENV ;; esac
origin='import sys; print("%d.%d of" % sys.version_info[:2], sys.base_prefix)'

stop() {
    echo "$$*" >&2
    exit 1
}

modern_pythons() {
    for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$$python"
        fi
    done
}

first_version() {
    for python in $${PYTHON:-python3 python}; do
        if "$$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; then
            return
        fi
    done
    echo "none$${PYTHON:+ at $$PYTHON}"
}

# Debian keeps ensurepip, and with it the making of environments, in a package of its own.
choose_python() {
    modern=$$(modern_pythons)
    test -n "$$modern" || stop "Army Knife needs Python 3.11 or newer; found $$(first_version)." \
        "Install one (https://www.python.org/downloads/), or say make $$GOAL PYTHON=/path/to/python3.12."
    for chosen in $$modern; do
        if "$$chosen" -c 'import ensurepip, venv' 2>/dev/null; then
            return
        fi
    done
    stop "Python cannot make an environment yet: install its package python3-venv" \
        "(apt-get install python3-venv), then say make $$GOAL again."
}

fingerprint() {
    echo "$$(cksum <"$$lock") $$home $$("$$home/bin/python" -c "$$origin" 2>/dev/null)"
}

given_python_differs() {
    test -n "$$PYTHON" && test "$$("$$PYTHON" -c "$$origin" 2>/dev/null)" != "$$("$$home/bin/python" -c "$$origin" 2>/dev/null)"
}

is_current() {
    test -f "$$home/$$lock.installed" && test ! -e "$$home/unfinished" || return 1
    test "$$(cat "$$home/$$lock.installed")" = "$$(fingerprint)" && ! given_python_differs
}

# The scripts in bin name the interpreter by its full path, which is how a moved or copied environment shows.
is_usable() {
    test ! -e "$$home/unfinished" && grep -qsF "$$home/bin/python" "$$home/bin/pip" &&
        "$$home/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && ! given_python_differs
}

make_environment() {
    choose_python
    if test -e "$$home" && test ! -f "$$home/pyvenv.cfg" && test -n "$$(ls -A "$$home")"; then
        stop "$$VENV is there already and is no Python environment: say make $$GOAL VENV=somewhere-else."
    fi
    rm -rf "$$home"
    echo "Setting up Army Knife in $$VENV (once, about a minute) …"
    mkdir -p "$$home"
    : >"$$home/pyvenv.cfg"
    : >"$$home/unfinished"
    "$$chosen" -m venv "$$home" >"$$home/install.log" 2>&1 || failed "Making the environment $$VENV failed"
}

failed() {
    cat "$$home/install.log" >&2
    stop "$$1: the reason is above. Say make $$GOAL to try again."
}

is_current && exit
if is_usable; then
    echo "Bringing $$VENV up to date with $$lock …"
else
    make_environment
fi
: >"$$home/unfinished"
rm -f "$$home"/*.installed
PIP_USER=0 "$$home/bin/python" -m pip install --quiet --no-input --progress-bar off --disable-pip-version-check \
    --require-hashes -r "$$lock" >"$$home/install.log" 2>&1 || failed "Installing from $$lock failed"
rm -f "$$home/unfinished"
fingerprint >"$$home/$$lock.installed"
if test "$$lock" = requirements-dev.lock; then
    lock=requirements.lock
    fingerprint >"$$home/$$lock.installed"
fi
endef
export ENVIRONMENT
