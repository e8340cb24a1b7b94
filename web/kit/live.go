package kit

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// livePing keeps proxies from closing a silent stream, and finds clients that went without a word.
const livePing = 25 * time.Second

// LiveAll is the topic that makes a page look again at everything it shows live.
const LiveAll = "all"

// ServeLive streams topics as server-sent events until the client leaves or the channel is closed.
// app.js fetches again each element whose data-live names the topic; "case:7" also wakes "list". A new
// connection begins with LiveAll when it is a reconnection (Last-Event-ID), since hints were missed.
func ServeLive(w http.ResponseWriter, r *http.Request, topics <-chan string) error {
	stream := http.NewResponseController(w)
	_ = stream.SetWriteDeadline(time.Time{}) // not every writer has one; then there is none to lift
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back otherwise
	w.WriteHeader(http.StatusOK)
	first := ": open\n\n"
	if r.Header.Get("Last-Event-ID") != "" {
		first = "id: 1\ndata: " + LiveAll + "\n\n"
	}
	if err := sendEvent(w, stream, first); err != nil {
		return nil // the client has left, which is how streams end
	}
	ping := time.NewTicker(livePing)
	defer ping.Stop()
	for {
		event := ": ping\n\n"
		select {
		case <-r.Context().Done():
			return nil
		case topic, open := <-topics:
			if !open {
				return nil
			}
			event = fmt.Sprintf("id: 1\ndata: %s\n\n", topic)
		case <-ping.C:
		}
		if err := sendEvent(w, stream, event); err != nil {
			return nil
		}
	}
}

func sendEvent(w io.Writer, stream *http.ResponseController, event string) error {
	if _, err := io.WriteString(w, event); err != nil {
		return err
	}
	return stream.Flush()
}
