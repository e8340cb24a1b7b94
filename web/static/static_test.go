package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestServesHashedPathsForEver(t *testing.T) {
	t.Parallel()
	files := mustNew(t)
	for _, tc := range []struct{ accept, encoding string }{
		{"gzip, deflate, br", "br"},
		{"gzip", "gzip"},
		{"br;q=0, gzip", "gzip"},
		{"", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, files.Path("app.css"), nil)
		r.Header.Set("Accept-Encoding", tc.accept)
		w := httptest.NewRecorder()
		files.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("accept %q: status %d", tc.accept, w.Code)
		}
		if got := w.Header().Get("Content-Encoding"); got != tc.encoding {
			t.Errorf("accept %q: encoding %q, want %q", tc.accept, got, tc.encoding)
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Error("not immutable")
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		files.ServeHTTP(again, r)
		if again.Code != http.StatusNotModified {
			t.Errorf("accept %q: second request %d, want 304", tc.accept, again.Code)
		}
	}
}

func TestUnknownNameIs404(t *testing.T) {
	t.Parallel()
	files := mustNew(t)
	w := httptest.NewRecorder()
	files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, files.Path("nothing.css"), nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", w.Code)
	}
}

func TestAllFilesStayUnder100kB(t *testing.T) {
	t.Parallel()
	total := 0
	for name, built := range mustNew(t).byPath {
		t.Logf("%s: %d plain, %d gzip, %d brotli", name, len(built.plain), len(built.gzip), len(built.brotli))
		total += len(built.gzip)
	}
	if total > 100_000 {
		t.Errorf("%d bytes gzipped, the limit is 100,000", total)
	}
}

// TestBuiltFilesAreFresh recomputes the hash that build.js wrote, so a change of a class without a
// build fails here, on machines without Node as well.
func TestBuiltFilesAreFresh(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`inputs:([0-9a-f]{64})`).FindSubmatch(css)
	if written == nil {
		t.Fatal("dist/app.css has no inputs hash: run `npm ci && npm run build` in web/static/src")
	}
	if got := inputsHash(t); got != string(written[1]) {
		t.Error("dist is stale: run `make generate` (or `npm ci && npm run build` in web/static/src) and commit web/static/dist")
	}
}

// inputsHash must walk and hash as inputsHash in src/build.js does.
func inputsHash(t *testing.T) string {
	t.Helper()
	web := os.DirFS("..")
	var names []string
	err := fs.WalkDir(web, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || name == "static/dist") {
			return fs.SkipDir
		}
		if !entry.IsDir() && isInput(name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	hash := sha256.New()
	for _, name := range names {
		content, err := fs.ReadFile(web, name)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write([]byte(name + "\x00"))
		hash.Write(content)
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func isInput(name string) bool {
	switch {
	case strings.HasPrefix(name, "static/src/"):
		return !strings.HasSuffix(name, "/.gitignore")
	case strings.HasSuffix(name, "_templ.go"), strings.HasSuffix(name, "_test.go"):
		return false
	default:
		return strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".go")
	}
}

func mustNew(t *testing.T) *Files {
	t.Helper()
	files, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return files
}
