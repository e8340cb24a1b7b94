// Package mailaddr knows how the address of a mail may be written.
package mailaddr

import "strings"

// Forms returns where mail to an address may arrive, in lower case: at the address itself, and at what is left of it
// where a "+" and what follows is cut off before the "@" (RFC 5233), the shortest last.
func Forms(addr string) []string {
	addr = strings.ToLower(strings.TrimSpace(addr))
	forms := []string{addr}
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return forms
	}
	local, domain := addr[:at], addr[at:]
	for i := strings.LastIndexByte(local, '+'); i > 0; i = strings.LastIndexByte(local, '+') {
		local = local[:i]
		forms = append(forms, local+domain)
	}
	return forms
}
