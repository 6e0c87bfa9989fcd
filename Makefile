# Two commands for a new machine: `make demo` and `make test`. Each sets up what it needs in .venv;
# all that must be there is Python 3.11 or newer, and make.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)

VERSION = $(shell $(BIN)/python -c 'from importlib.metadata import version; print(version("reminderd"))')

.DEFAULT_GOAL := help
.PHONY: help demo test lint unit test-system nspawn can-boot deb deb-tools bench test-long strace imap-server promtool lock audit clean

help: ## Show the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 18

$(STAMP): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "reminderd needs Python 3.11 or newer; none was found"; exit 1; }
	@test -x $(BIN)/pip && echo "adding to $(VENV) what is new" || echo "setting up $(VENV) (once, about a minute)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
		echo "this Python cannot make a virtual environment; installing Debian's python3-venv"; \
		rm -rf $(VENV); \
		{ [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -q -y python3-venv; } \
		|| { echo "run: sudo apt-get install python3-venv"; exit 1; }; \
		$(PYTHON) -m venv --clear $(VENV); }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## Watch four months of reminders on invented data (under 30 seconds)
	@$(BIN)/reminderd demo

test: $(STAMP) lint unit ## Everything: lint, types, import contract, all tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(STAMP) strace imap-server promtool
	$(BIN)/pytest -n 2 --dist loadgroup

test-system: deb nspawn imap-server ## The package on a booted Debian, under its own systemd; a real Postfix (root on Debian)
	$(BIN)/pytest -n 3 --dist loadgroup --durations=10 tests/system tests/postfix

nspawn: # programs of Debian's that make and boot the machine
	@command -v systemd-nspawn >/dev/null && command -v mmdebstrap >/dev/null || { \
		[ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -q -y --no-install-recommends systemd-container mmdebstrap; } \
		|| { echo "run: sudo apt-get install systemd-container mmdebstrap"; exit 1; }

can-boot: $(STAMP) nspawn # whether this host can boot a machine of its own, and why not
	@$(BIN)/python -m tests.system.host

# debhelper knows units, accounts and maintainer scripts; lowdown turns Markdown into manual pages
DEB_TOOLS := debhelper python3-venv lowdown

deb-tools: # programs of Debian's that build its packages
	@dpkg -s $(DEB_TOOLS) >/dev/null 2>&1 || { \
		[ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -q -y --no-install-recommends $(DEB_TOOLS); } \
		|| { echo "run: sudo apt-get install $(DEB_TOOLS)"; exit 1; }

deb: $(STAMP) deb-tools ## A Debian package for the release of this machine, in dist/
	rm -rf build/deb dist/*.deb
	mkdir -p build/deb/reminderd dist
	cp -a systemd config requirements.lock CHANGELOG.md build/deb/reminderd/
	mv build/deb/reminderd/systemd/debian build/deb/reminderd/debian
	cp $(foreach kind,service timer sysusers tmpfiles,systemd/reminderd.$(kind)) build/deb/reminderd/debian/
	$(BIN)/python -m build --wheel --no-isolation --outdir build/deb/reminderd . >/dev/null
	printf 'reminderd (%s) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- The reminderd authors <reminderd@kommune.example>  %s\n' \
		"$(VERSION)" "$$(git log -1 --format=%aD 2>/dev/null || date -R)" > build/deb/reminderd/debian/changelog
	for page in reminderd.1 reminderd.toml.5; do $(BIN)/python systemd/debian/manual.py $$page | lowdown -s -tman --out-no-smarty \
		-m title=$${page%.*} -m section=$${page##*.} -o build/deb/reminderd/$$page || exit 1; done
	for shell in bash zsh fish; do _REMINDERD_COMPLETE=$${shell}_source $(BIN)/reminderd \
		> build/deb/reminderd/completion.$$shell || exit 1; done
	cd build/deb/reminderd && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >../build.log 2>&1 \
		|| { tail -40 ../build.log; exit 1; }
	mv build/deb/*.deb dist/

test-long: $(STAMP) strace nspawn imap-server ## The longer proofs: three years in twenty houses, 20,000 months, every crash point, storms around a Postfix (hours)
	REMINDERD_EXPLORE=1 $(BIN)/pytest -n 2 tests/unit
	REMINDERD_SEEDS=20 $(BIN)/pytest -n 2 tests/integration/test_three_years.py tests/integration/test_hostile_data.py tests/integration/test_fuzz_row_to_bytes.py tests/integration/test_calendars_settle.py tests/faults/test_ledger_machine.py tests/faults/test_restored_house.py
	REMINDERD_YEARS=2 $(BIN)/pytest -n 0 tests/acceptance/test_plan_agrees.py
	REMINDERD_MONTHS=20000 $(BIN)/pytest -n 2 tests/faults/test_simulated_months.py
	REMINDERD_EVERY_POINT=1 $(BIN)/pytest -n 2 tests/faults/test_crash_points.py
	REMINDERD_IMAGES=1000 $(BIN)/pytest -n 2 tests/faults/test_power_loss.py
	REMINDERD_EVERY_PLANT=1 $(BIN)/pytest -n 0 tests/faults/test_plants.py
	REMINDERD_STORMS=60 $(BIN)/pytest -n 0 tests/postfix

strace: # a program of Debian's that the tests use: it strikes the command at its N-th system call
	@command -v strace >/dev/null || { \
		echo "strace is missing; installing Debian's"; \
		{ [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -q -y --no-install-recommends strace; } \
		|| { echo "run: sudo apt-get install strace"; exit 1; }; }

imap-server: # the tests' mailbox is Debian's Dovecot, started by them
	@command -v dovecot >/dev/null || test -x /usr/sbin/dovecot || { \
		echo "the tests need an IMAP server; installing Debian's dovecot-imapd"; \
		{ [ "$$(id -u)" = 0 ] && apt-get update -q \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends dovecot-imapd; } \
		|| { echo "run: sudo apt-get install dovecot-imapd"; exit 1; }; }

promtool: $(STAMP) # judges the example alerts; taken out of Debian's package, so that no Prometheus is started here
	@command -v promtool >/dev/null || test -x $(BIN)/promtool || { \
		echo "taking promtool out of Debian's package prometheus"; \
		folder=$$(mktemp -d) && chmod 755 $$folder && { [ "$$(id -u)" != 0 ] || apt-get update -q; } \
		&& (cd $$folder && apt-get download -q prometheus) && dpkg -x $$folder/prometheus_*.deb $$folder \
		&& cp $$folder/usr/bin/promtool $(BIN)/ && rm -r $$folder; } \
		|| echo "promtool cannot be had here: the alerts are judged by the tests' own reading alone"

bench: $(STAMP) ## Ratios against limits measured in the same run
	$(BIN)/python -m tests.bench

lock: ## Renew the lock files (for maintainers; needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--all-extras pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--all-extras --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

audit: ## Ask PyPI which vulnerabilities of the locked versions are published (for maintainers; needs uv and the network)
	for lock in requirements.lock requirements-dev.lock; do \
		uvx pip-audit --strict --disable-pip --require-hashes --vulnerability-service pypi -r $$lock || exit 1; done

clean: ## Remove everything that was made
	rm -rf $(VENV) build dist reminderd-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
