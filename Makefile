.PHONY: check bench fuzz docs serve picture lock

check:            ## everything that CI checks
	.ci/run

bench:            ## import time, and the onset bench beside the peers that are installed
	uv run python benchmarks/import_time.py
	uv run --group peers hipspine bench onset

fuzz:             ## a million damaged files of every format; goes on where it was stopped
	uv run python benchmarks/fuzz.py --inputs 1000000 --resume build/fuzz.json

docs:             ## the documentation as pages in site/
	uv run mkdocs build --strict

serve:            ## the documentation at http://127.0.0.1:8000
	uv run mkdocs serve --dev-addr 127.0.0.1:8000

picture:          ## the README's picture, made by the program
	uv run python docs/picture.py docs/images/demo.svg

lock:             ## exact versions with hashes and without addresses
	uv pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock
