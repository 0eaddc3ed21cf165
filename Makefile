# One line each. CONTRIBUTING.md has them without make.

.PHONY: help build test race load crash soak fuzz lint vuln update verify run image rename

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

build: ## the binary, ./tsim
	CGO_ENABLED=0 go build -trimpath -o tsim ./cmd/tsim

test: ## all tests
	go test ./...

race: ## the tests under the race detector, which needs a C compiler
	CGO_ENABLED=1 go test -race ./internal/... ./features/... ./tsimbox ./tsimgodog

load: ## a minute and a half of clients and controllers on one server, under the race detector
	CGO_ENABLED=1 go test -race -run=TestTimeUnderLoad -count=1 -v ./internal/server -load=90s

crash: ## a thousand kills of a server that keeps its state, in six minutes
	go run ./internal/crash -kills 1000

soak: ## ten minutes of use, which leaves memory, goroutines and descriptors as they were
	go run ./bench -run soak -for 10m

fuzz: ## ten seconds for each fuzz test
	go test -run='^$$' -fuzz=FuzzBody -fuzztime=10s ./internal/schema
	go test -run='^$$' -fuzz=FuzzAction -fuzztime=10s ./internal/thingspace
	go test -run='^$$' -fuzz=FuzzLoad -fuzztime=10s ./internal/scenario
	go test -run='^$$' -fuzz=FuzzRules -fuzztime=10s ./internal/scenario
	go test -run='^$$' -fuzz=FuzzCalls -fuzztime=10s ./internal/control
	go test -run='^$$' -fuzz=FuzzScenario -fuzztime=10s -fuzzminimizetime=1s ./internal/control
	go test -run='^$$' -fuzz=FuzzScript -fuzztime=10s ./internal/euicc

lint: ## staticcheck and golangci-lint, both pinned
	go tool staticcheck ./...
	go tool -modfile=tools/go.mod golangci-lint run

vuln: ## known vulnerabilities, by a database in the web or GOVULNDB=file:///path
	go tool -modfile=tools/go.mod govulncheck $(if $(GOVULNDB),-db=$(GOVULNDB)) ./...

update: ## rewrites the golden cases; read the diff
	go test ./internal/thingspace -run TestGolden -update
	git diff --stat -- internal/thingspace/testdata

verify: ## all that CI runs
	.ci/run

run: ## the server, with the built-in scenario
	go run ./cmd/tsim serve

image: ## the container image, tsim
	docker build -t tsim .

rename: ## the module gets the path of its home: make rename MODULE=example.com/you/tsim
	go run ./internal/rename $(MODULE)
