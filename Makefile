# One line a target; what takes more than that lives in .ci/.
.DEFAULT_GOAL := help
.PHONY: help run test build check bench generate lint fmt

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then serve the demo workspace on http://127.0.0.1:8080
	@[ -n "$$DATABASE_URL" ] || .ci/need database
	bin/caseward serve --demo

test: ## everything CI checks; installs what it needs where it may
	@.ci/need race database browser
	@.ci/fresh
	@.ci/formatted
	@$(MAKE) --no-print-directory lint
	go vet ./...
	go run ./internal/testkit/withpg -- go test -race -timeout 40m ./...

build: ## bin/caseward, one static binary
	CGO_ENABLED=0 go build -trimpath -o bin/caseward ./cmd/caseward

check: ## FILTER=x: the tests of the packages whose path holds x
	@.ci/need race database
	@.ci/check '$(FILTER)'

bench: ## measure against lower bounds of the same run; ARGS="-cases 10000" for a quick look
	@.ci/need database
	go run ./internal/bench $(ARGS)

generate: ## templ, and the styles and scripts (needs npm)
	go tool templ generate
	cd web/static/src && npm ci && npm run build

lint: ## golangci-lint, in the pinned version
	@.ci/lint

fmt: ## gofmt and templ fmt
	gofmt -w $$(go list -f '{{.Dir}}' ./...)
	go tool templ fmt web
