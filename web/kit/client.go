package kit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr is the address a request came from, for the audit trail and for limits. X-Forwarded-For is
// believed only from configured proxies, read from the right: whoever stands left of the first address
// that is not a proxy may have invented the rest. The zero Addr means unknown (a Unix socket).
func (k *Kit) ClientAddr(r *http.Request) netip.Addr {
	client := peer(r)
	if !k.isTrusted(client) {
		return client
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, part := range slices.Backward(forwarded) {
		addr, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil {
			break // what stands left of nonsense is no better
		}
		client = addr.Unmap()
		if !k.isTrusted(client) {
			break
		}
	}
	return client
}

func peer(r *http.Request) netip.Addr {
	if addrPort, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return addrPort.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

func (k *Kit) isTrusted(addr netip.Addr) bool {
	return slices.ContainsFunc(k.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// OnlyLooks reports whether a request asks for a page and changes nothing.
func OnlyLooks(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}
