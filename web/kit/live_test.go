package kit

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// The middlewares are those of web/routes.go: each of them wraps the writer, and one that hides Flush would keep
// every event until the stream ends.
func TestEventsArriveWhileTheStreamIsOpen(t *testing.T) {
	t.Parallel()
	topics := make(chan string, 1)
	k := New(Options{})
	handler := k.Log(k.Recover(middleware.Compress(5)(k.Session(k.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return ServeLive(w, r, topics)
	})))))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(topics) })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	stop := time.AfterFunc(10*time.Second, server.CloseClientConnections)
	defer stop.Stop()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	topics <- "case:7"
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if lines.Text() == "data: case:7" {
			return
		}
	}
	t.Error("nothing arrived")
}
