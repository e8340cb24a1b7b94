package inbound

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"caseward/internal/platform/clock"
)

// gate is the listener's side of the limits: who may connect, and how long a connection may take over what. The
// library has one deadline for a command and its data, and none for either as a whole.
type gate struct {
	opt SMTPOptions

	mu        sync.Mutex
	listeners []net.Listener
	conns     map[*conn]struct{}
	byAddr    map[netip.Prefix]int
	closed    bool
}

func newGate(opt SMTPOptions) *gate {
	return &gate{opt: opt, conns: map[*conn]struct{}{}, byAddr: map[netip.Prefix]int{}}
}

func (g *gate) listen(l net.Listener) net.Listener {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listeners = append(g.listeners, l)
	if g.closed {
		_ = l.Close() // Shutdown came first
	}
	return &gatedListener{Listener: l, gate: g}
}

// gatedListener hands out admitted connections only.
type gatedListener struct {
	net.Listener
	gate *gate
}

// Accept turns away what is over a limit with the answer that makes a mail server try again later.
func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := l.gate.admit(c); admitted != nil {
			return admitted, nil
		}
		// One short write into an empty socket buffer; it does not hold up the others.
		_ = c.SetWriteDeadline(clock.System().Add(time.Second))
		_, _ = io.WriteString(c, "421 4.7.0 Too many connections, try again later\r\n")
		_ = c.Close()
	}
}

func (g *gate) admit(c net.Conn) *conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := neighbourhood(c.RemoteAddr())
	if g.closed || len(g.conns) >= g.opt.MaxConns || g.byAddr[key] >= g.opt.MaxConnsPerAddr {
		return nil
	}
	admitted := &conn{Conn: c, gate: g, key: key, idle: g.opt.IdleTimeout, end: clock.System().Add(g.opt.SessionTimeout)}
	g.conns[admitted] = struct{}{}
	g.byAddr[key]++
	return admitted
}

// neighbourhood is what counts as one client: an IPv4 address, or the /64 that one IPv6 customer gets.
func neighbourhood(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := ap.Addr().Unmap().WithZone(""), 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // bits fit both kinds
	return p
}

func (g *gate) release(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.conns[c]; !ok {
		return
	}
	delete(g.conns, c)
	if g.byAddr[c.key]--; g.byAddr[c.key] <= 0 {
		delete(g.byAddr, c.key)
	}
}

// drain lets no one in any more and ends the connections that are not in the middle of a mail.
func (g *gate) drain() {
	g.mu.Lock()
	g.closed = true
	for _, l := range g.listeners {
		_ = l.Close()
	}
	g.mu.Unlock()
	for _, c := range g.list() {
		c.wakeIdle()
	}
}

func (g *gate) draining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *gate) list() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	return all
}

func (g *gate) closeAll() {
	for _, c := range g.list() {
		_ = c.Close()
	}
}

// conn is an admitted connection.
type conn struct {
	net.Conn
	gate *gate
	key  netip.Prefix
	idle time.Duration
	end  time.Time // of the whole connection

	mu      sync.Mutex
	dataEnd time.Time // of the mail being sent; zero between mails
	failed  error
}

// underlying finds our connection below TLS.
func underlying(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return c.(*conn)
}

func (c *conn) beginData(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dataEnd = clock.System().Add(limit)
}

func (c *conn) endData() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dataEnd = time.Time{}
}

// SetReadDeadline is called by the library before each command. No deadline goes beyond the connection's, and while
// draining a command is not waited for at all.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.setReadDeadline(t)
}

func (c *conn) setReadDeadline(t time.Time) error {
	if c.dataEnd.IsZero() && c.gate.draining() {
		t = clock.System().Add(-time.Second)
	} else if t.IsZero() || t.After(c.end) {
		t = c.end
	}
	return c.Conn.SetReadDeadline(t)
}

// Read bounds each piece of a mail and the mail as a whole. An error lasts: the library drains the rest of a mail that
// was refused and then reads on for commands, and after a failed drain it would take the letter's text for them.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if c.failed != nil {
		defer c.mu.Unlock()
		return 0, c.failed
	}
	if !c.dataEnd.IsZero() {
		next := clock.System().Add(c.idle)
		if next.After(c.dataEnd) {
			next = c.dataEnd
		}
		_ = c.setReadDeadline(next) // fails only on a closed connection, which Read reports
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(b)
	if err != nil {
		c.mu.Lock()
		c.failed = err
		c.mu.Unlock()
	}
	return n, err
}

// wakeIdle ends the wait for a command.
func (c *conn) wakeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dataEnd.IsZero() {
		_ = c.setReadDeadline(clock.System())
	}
}

// Close gives the place free.
func (c *conn) Close() error {
	c.gate.release(c)
	return c.Conn.Close()
}
