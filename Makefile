# make build   set-up and the release build: .build/release/steward, and steward-launch beside it
# make run     serves ./Examples/scripts on 127.0.0.1:8080
# make test    every test: Swift, Python, end to end with real peers
# make lint    format and layer checks        make format   rewrites the Swift sources
# make docs    regenerates docs/reference     make setup    installs what is missing
# make lab     a private Internet with DNSSEC, certbot and mail servers, and a shell in it (as root)
# make install to PREFIX (/usr/local), with a Python environment of its own

.PHONY: build run test lab lint format docs setup install clean

PREFIX ?= /usr/local

# One file that runs without the toolchain; exclusive access is checked by the debug build, which all tests use. Nobody looks its
# symbols up, and without them it starts faster and is 5 MB smaller.
RELEASE_FLAGS = --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked -Xlinker --no-export-dynamic
SWIFT_PATHS = Package.swift Sources Tests

build: setup
	swift build -c release --product steward $(RELEASE_FLAGS)
	swift build -c release --product steward-launch $(RELEASE_FLAGS)

run: build
	@tools/run

test:
	@tools/test

lab:
	@tools/setup --tests
	swift build --product steward
	swift build --product steward-launch
	@PYTHONPATH=Tests/Support .venv/bin/python3 -B -m lab

lint:
	swift format lint --strict -r $(SWIFT_PATHS)
	tools/check-layers
	tools/check-files
	tools/check-docs

format:
	swift format -i -r $(SWIFT_PATHS)

docs: build
	mkdir -p docs/reference
	.build/release/steward reference --write docs/reference

setup:
	@tools/setup

install: build
	tools/install --prefix $(PREFIX) --venv

clean:
	swift package clean
