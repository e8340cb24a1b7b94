package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Relay is the SMTP server that takes outgoing mail.
type Relay struct {
	Host        string
	Port        int
	Username    string // "": no authentication
	Password    Hidden
	ImplicitTLS bool // smtps: TLS from the first byte; otherwise STARTTLS
}

const (
	portSubmission  = 587
	portSubmissions = 465
	shortestSecret  = 16
)

// databaseURL takes both forms that PostgreSQL knows: a URL, and "host=... dbname=...".
func databaseURL(text string) (Hidden, error) {
	if text == "" {
		return "", nil
	}
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		if !strings.Contains(text, "=") {
			return "", errors.New("is not a PostgreSQL address")
		}
		return Hidden(text), nil
	}
	if scheme != "postgres" && scheme != "postgresql" {
		return "", errors.New("is not a PostgreSQL address: it must begin with postgres://")
	}
	if _, err := url.Parse(text); err != nil {
		return "", unreadable()
	}
	return Hidden(text), nil
}

// unreadable drops what url.Error quotes: the whole text, password and all. Its inner errors quote
// parts as well, so only the plain advice is left.
func unreadable() error {
	return errors.New("cannot be read as an address (write special characters of a password as %40 and the like)")
}

func listenAddr(text string) (string, error) {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", fmt.Errorf("%q is not host:port", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("%q has no port between 0 and 65535", text)
	}
	return text, nil
}

// baseURL falls back to the address that the server listens on; the wildcard is no place to send
// people to, so it becomes localhost.
func baseURL(text, addr string) (string, error) {
	if text == "" {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return "", nil //nolint:nilerr // CASEWARD_ADDR is at fault and says so
		}
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port), nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", unreadable()
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "", errors.New("must begin with http:// or https:// and name a host")
	case u.User != nil:
		return "", errors.New("must not hold a user or password")
	case strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.Fragment != "":
		return "", errors.New("must end after the host: Caseward does not run below a path")
	}
	return u.Scheme + "://" + u.Host, nil
}

// relay returns nil for an empty text: that is a setting as well, mail is then written to files.
func relay(text string) (*Relay, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, unreadable()
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return nil, errors.New("must begin with smtp:// or smtps:// and name a host")
	}
	r := &Relay{Host: u.Hostname(), Port: portSubmission, ImplicitTLS: u.Scheme == "smtps"}
	if r.ImplicitTLS {
		r.Port = portSubmissions
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return nil, errors.New("has no port between 1 and 65535")
		}
		r.Port = int(port)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		r.Username, r.Password = u.User.Username(), Hidden(password)
	}
	return r, nil
}

func secret(text string) (Hidden, error) {
	if text != "" && len(text) < shortestSecret {
		return "", fmt.Errorf("is shorter than %d characters", shortestSecret)
	}
	return Hidden(text), nil
}

// prefixes takes networks and single addresses, separated by commas or spaces.
func prefixes(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			addr, addrErr := netip.ParseAddr(part)
			if addrErr != nil || addr.Zone() != "" {
				return nil, fmt.Errorf("%q is neither a network nor an address", part)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func logLevel(text string) (slog.Level, error) {
	switch strings.ToLower(text) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("%q is not one of debug, info, warn, error", text)
}
