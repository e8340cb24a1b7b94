package outbound

import "crypto/x509"

// Trusting is the relay with other roots than this machine's.
func (r Relay) Trusting(roots *x509.CertPool) Relay {
	r.roots = roots
	return r
}

// ErasedText is what an erasure's mail says.
var ErasedText = erasedText
