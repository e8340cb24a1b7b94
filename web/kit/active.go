package kit

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	// idleTimeout is how long somebody who does nothing stays signed in, unless Options say another time.
	idleTimeout = 7 * 24 * time.Hour
	// longestSession is how long anybody does, however active.
	longestSession = 30 * 24 * time.Hour
	// extendEvery keeps the writing of sessions rare: one that moves on does so once a day.
	extendEvery = 24 * time.Hour

	begunKey = "begun"
)

// BeginActivity notes when the session began, for StayActive.
func (k *Kit) BeginActivity(ctx context.Context, now time.Time) {
	k.sessions.Put(ctx, begunKey, now.Unix())
}

// StayActive moves the end of a session on, so that nobody is signed out in the middle of their work. What a page does
// by itself while it stays open is no activity.
func (k *Kit) StayActive(r *http.Request, now time.Time) {
	ctx := r.Context()
	byItself := IsFragment(r) || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	begun := k.sessions.GetInt64(ctx, begunKey)
	if byItself && r.Method == http.MethodGet || begun == 0 {
		return
	}
	end := now.Add(k.sessions.Lifetime)
	if latest := time.Unix(begun, 0).Add(longestSession); end.After(latest) {
		end = latest
	}
	if end.Sub(k.sessions.Deadline(ctx)) >= extendEvery {
		k.sessions.SetDeadline(ctx, end.UTC())
	}
}
