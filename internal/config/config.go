// Package config reads the environment once into one validated Config. Nothing else in the program
// looks at environment variables.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"

	"github.com/caarlos0/env/v11"
)

// Config is everything that an operator can set. Values of type Hidden never show in logs.
type Config struct {
	DatabaseURL    Hidden         // "": run the private PostgreSQL
	Addr           string         // host:port of the web server; port 0 takes a free one
	BaseURL        string         // how people reach it, without a slash at the end
	DataDir        string         // absolute
	SMTPAddr       string         // host:port of the SMTP server; "": none
	Relay          *Relay         // nil: outgoing mail is written to files
	Secret         Hidden         // signs links and reply addresses; EnsureSecret fills it when unset
	LedgerFile     string         // absolute; where the erasure ledger is copied to; "": see LedgerPath
	PGBin          string         // folder with the PostgreSQL binaries; "": look for them
	TrustedProxies []netip.Prefix // whose forwarding headers count; none by default
	LogLevel       slog.Level
}

// variables is the environment as text. An empty value counts as unset, because compose files pass
// empty ones; only for CASEWARD_SMTP_ADDR does empty mean something, and Load sees to that.
type variables struct {
	DatabaseURL    string `env:"DATABASE_URL"`
	Addr           string `env:"CASEWARD_ADDR" envDefault:"127.0.0.1:8080"`
	BaseURL        string `env:"CASEWARD_BASE_URL"`
	DataDir        string `env:"CASEWARD_DATA_DIR" envDefault:"./data"`
	SMTPAddr       string `env:"CASEWARD_SMTP_ADDR" envDefault:"127.0.0.1:2525"`
	SMTPRelay      string `env:"CASEWARD_SMTP_RELAY"`
	Secret         string `env:"CASEWARD_SECRET"`
	LedgerFile     string `env:"CASEWARD_LEDGER_FILE"`
	PGBin          string `env:"CASEWARD_PG_BIN"`
	TrustedProxies string `env:"CASEWARD_TRUSTED_PROXIES"`
	LogLevel       string `env:"CASEWARD_LOG_LEVEL" envDefault:"info"`
}

// Load reads an environment in the form of os.Environ. The error has one line for each bad value:
// the variable, what is wrong and an example. It never repeats a value that may hold a password.
func Load(environ []string) (Config, error) {
	given := env.ToMap(environ)
	v, err := env.ParseAsWithOptions[variables](env.Options{Environment: given})
	if err != nil {
		return Config{}, fmt.Errorf("cannot read the environment: %w", err)
	}
	if addr, set := given["CASEWARD_SMTP_ADDR"]; set && addr == "" {
		v.SMTPAddr = ""
	}
	return v.validate()
}

func (v variables) validate() (Config, error) {
	c := Config{SMTPAddr: v.SMTPAddr, PGBin: v.PGBin}
	var problems []error
	check := func(name string, err error, example string) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w; for example %s=%s", name, err, name, example))
		}
	}
	var err error
	c.DatabaseURL, err = databaseURL(v.DatabaseURL)
	check("DATABASE_URL", err, "postgres://caseward:password@db.example.com:5432/caseward")
	c.Addr, err = listenAddr(v.Addr)
	check("CASEWARD_ADDR", err, "127.0.0.1:8080")
	c.BaseURL, err = baseURL(v.BaseURL, v.Addr)
	check("CASEWARD_BASE_URL", err, "https://help.example.com")
	c.DataDir, err = filepath.Abs(v.DataDir)
	check("CASEWARD_DATA_DIR", err, "/var/lib/caseward")
	if v.SMTPAddr != "" {
		c.SMTPAddr, err = listenAddr(v.SMTPAddr)
		check("CASEWARD_SMTP_ADDR", err, "127.0.0.1:2525")
	}
	c.Relay, err = relay(v.SMTPRelay)
	check("CASEWARD_SMTP_RELAY", err, "smtp://user:password@mail.example.com:587")
	if v.LedgerFile != "" {
		c.LedgerFile, err = filepath.Abs(v.LedgerFile)
		check("CASEWARD_LEDGER_FILE", err, "/mnt/elsewhere/caseward/erasure-ledger.jsonl")
	}
	c.Secret, err = secret(v.Secret)
	check("CASEWARD_SECRET", err, "$(openssl rand -hex 32)")
	c.TrustedProxies, err = prefixes(v.TrustedProxies)
	check("CASEWARD_TRUSTED_PROXIES", err, "10.0.0.0/8,192.0.2.7")
	c.LogLevel, err = logLevel(v.LogLevel)
	check("CASEWARD_LOG_LEVEL", err, "debug")
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	return c, nil
}

// LedgerPath is where the erasure ledger is copied to: in the data folder where nothing else is said.
func (c Config) LedgerPath() string {
	if c.LedgerFile != "" {
		return c.LedgerFile
	}
	return filepath.Join(c.DataDir, "erasure-ledger.jsonl")
}
