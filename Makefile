# make run    the whole system, with everything that it needs
# make test   every test, the browser's included
# make help   the rest

.DEFAULT_GOAL := help
SHELL := /bin/sh
V := .venv/bin
# Three at once even on two cores: those that run a system of their own wait a good deal.
PYTEST_ARGS ?= -n 3 --dist loadfile

# The first Python that is new enough; each is asked, because a name may be there without a Python behind it.
define find_python
for name in "$$PYTHON" python3 python3.13 python3.12 python3.11 python3.14 python; do \
  [ -n "$$name" ] && "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { python="$$name"; break; }; \
done; \
[ -n "$$python" ] || { echo "recado: Python 3.11 or later is needed and was not found. Install it, or name it: PYTHON=/path/to/python3 make run" >&2; exit 1; }
endef

.PHONY: help pins run test lint messages bench chaos-reminders chaos-whatsapp fuzz-webhook demo screens clean install install-dev browser translations

help:
	@echo "make run      the whole system at http://127.0.0.1:8000 (PORT, DATA_DIR, DEMO=0 and .env are honoured)"
	@echo "make test     every test; PYTEST_ARGS='-n 3 --dist loadfile' is the default"
	@echo "make lint     ruff, mypy, missing migrations, check --deploy"
	@echo "make messages the texts of the code into locale/, and which of them have no translation yet"
	@echo "make bench    the measurements of docs/performance.md"
	@echo "make chaos-reminders  reminders while workers, scheduler and PostgreSQL are killed: lost, twice, unknown, late"
	@echo "make chaos-whatsapp   5,000 WhatsApp messages, each up to five times, while everybody is killed: the same counts"
	@echo "make fuzz-webhook  200,000 bodies that nobody would write: no 5xx, nothing unsigned accepted"
	@echo "make demo     the demo shops, into the data of make run"
	@echo "make screens  docs/screens, taken from a running system of its own"
	@echo "make clean    what can be made again; var/ with the data stays"

install:
	@$(find_python); "$$python" -I config/installation.py run

install-dev:
	@$(find_python); "$$python" -I config/installation.py dev

translations: install-dev
	@$(V)/python -m config.translations

browser: install-dev
	@$(V)/python -m config.browser --install

run: install
	@RECADO_MAKE=1 exec $(V)/python manage.py up

# Many of them start Python again, which then need not compile every module once more, whatever the shell asks for.
test: install-dev translations browser
	@PYTHONDONTWRITEBYTECODE= $(V)/python -m pytest $(PYTEST_ARGS)

lint: install-dev
	$(V)/ruff check
	$(V)/ruff format --check
	$(V)/mypy
	$(V)/python manage.py makemigrations --check --dry-run
	DJANGO_DEBUG=off SITE_URL=https://recado.example $(V)/python manage.py check --deploy --fail-level WARNING

messages: install-dev
	@$(V)/python -m config.translations extract

bench: install-dev
	@$(V)/python manage.py bench

chaos-reminders: install-dev
	@$(V)/python manage.py chaos_reminders

chaos-whatsapp: install-dev
	@$(V)/python manage.py chaos_whatsapp

fuzz-webhook: install-dev
	@FUZZ_BODIES=$${FUZZ_BODIES:-200000} $(V)/python -m pytest -q -s -n 0 -p no:logging tests/messaging/test_webhook_fuzz.py

demo: install
	@$(V)/python manage.py demo

screens: install-dev browser
	@$(V)/python manage.py screens

# After a change of pyproject.toml: the pinned files again, for every platform, without the address of any index.
pins: install-dev
	@for extra in "" dev; do \
	  $(V)/uv pip compile pyproject.toml $${extra:+--extra $$extra} --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements$${extra:+-$$extra}.txt; \
	done

clean:
	rm -rf node_modules staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results var/tests
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
