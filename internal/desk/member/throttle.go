package member

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/errs"
)

const (
	throttleWindow    = 15 * time.Minute
	failuresByAccount = 10
	failuresByAddress = 100
	resetsByAccount   = 5
	resetsByAddress   = 30
)

// Throttle is one counter, such as of failed sign-ins or of requests for a new password.
type Throttle struct {
	key   []byte
	limit int
	what  string // is counted, as people read it
	way   string // out of it before its time; "": none
}

const (
	signIns = "failed sign-ins"
	resets  = "requests for a new password"
)

// NewThrottle returns the counter of a value, such as an address, among those of its kind: so many in a quarter of an hour.
// what is counted, as people read it; way, where not "", is a sentence about the way out of it before its time.
func NewThrottle(kind, value string, limit int, what, way string) Throttle {
	if way != "" {
		way = " " + way
	}
	return Throttle{throttleKey(kind, value), limit, what, way}
}

func byAccount(email string) Throttle {
	return Throttle{throttleKey("account", email), failuresByAccount, signIns, " To sign in sooner, choose “Forgot your password?” and set a new one."}
}

// The requests for a new password have counters of their own: who makes many must not lock anybody's sign-in.
func resetByAccount(email string) Throttle {
	return Throttle{throttleKey("reset account", email), resetsByAccount, resets, ""}
}

func resetByAddress(addr netip.Addr) Throttle {
	return Throttle{throttleKey("reset address", NetworkOf(addr)), resetsByAddress, resets, ""}
}

func byAddress(addr netip.Addr) Throttle {
	return Throttle{throttleKey("address", NetworkOf(addr)), failuresByAddress, signIns, ""}
}

// NetworkOf counts an IPv6 network of 64 bits as one address: that is what one customer of a provider gets.
func NetworkOf(addr netip.Addr) string {
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil { // no address: the command line, or a test
		return ""
	}
	return network.String()
}

func throttleKey(kind, value string) []byte {
	sum := sha256.Sum256([]byte(kind + ":" + value))
	return sum[:]
}

// Count takes the attempt for a failure before the password is looked at, so that attempts at the same moment
// cannot pass the limit together; Forgive takes it back. Permission: none. Errors: RateLimited.
func (s *Service) Count(ctx context.Context, throttles ...Throttle) error {
	now := s.now()
	return s.db.AsSystem(ctx, "sign-in", func(tx pgx.Tx) error {
		for _, t := range throttles {
			err := tx.QueryRow(ctx, `insert into sign_in_throttles as t (key, failures, window_start) values ($1, 1, $2)
				on conflict (key) do update set
					failures = case when t.window_start <= $3 then 1 else t.failures + 1 end,
					window_start = case when t.window_start <= $3 then $2 else t.window_start end
				where t.window_start <= $3 or t.failures < $4
				returning failures`, t.key, now, now.Add(-throttleWindow), t.limit).Scan(new(int))
			if errors.Is(err, pgx.ErrNoRows) {
				return tooMany(ctx, tx, t, now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func tooMany(ctx context.Context, tx pgx.Tx, t Throttle, now time.Time) error {
	var start time.Time
	if err := tx.QueryRow(ctx, `select window_start from sign_in_throttles where key = $1`, t.key).Scan(&start); err != nil {
		return err
	}
	wait := max(time.Second, start.Add(throttleWindow).Sub(now))
	minutes := int((wait + time.Minute - 1) / time.Minute)
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	return &errs.Error{Kind: errs.RateLimited, After: wait,
		Message: fmt.Sprintf("Too many %s. Try again in %d %s.%s", t.what, minutes, unit, t.way)}
}

// Forgive clears the account's counter and takes the one attempt back from the address's, in a transaction of the system.
func Forgive(ctx context.Context, tx pgx.Tx, account Throttle, address *Throttle) error {
	if _, err := tx.Exec(ctx, `delete from sign_in_throttles where key = $1`, account.key); err != nil || address == nil {
		return err
	}
	_, err := tx.Exec(ctx, `update sign_in_throttles set failures = failures - 1 where key = $1 and failures > 0`, address.key)
	return err
}

// ForgetFailures removes counters whose window is over; the body of a sweep.
func (s *Service) ForgetFailures(ctx context.Context) (string, error) {
	var removed int64
	err := s.db.AsSystem(ctx, "sign-in", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from sign_in_throttles where window_start <= $1`, s.now().Add(-throttleWindow))
		removed = tag.RowsAffected()
		return err
	})
	return fmt.Sprintf("%d old sign-in counters removed", removed), err
}
