// Package static serves the built styles and scripts from inside the binary. Names carry a hash of the
// content, so browsers may keep a file for ever and a new build is seen at once.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// dist is what `npm run build` in src made. It is committed, so that building Caseward needs Go alone.
//
//go:embed dist
var dist embed.FS

// Prefix is where Files must be mounted.
const Prefix = "/static/"

// Files is the set of built files, each kept in memory plain and compressed.
type Files struct {
	paths  map[string]string // name -> hashed path
	byPath map[string]file   // hashed path -> content
}

type file struct {
	contentType string
	etag        string
	plain       []byte
	gzip        []byte
	brotli      []byte
}

// New reads, hashes and compresses the embedded files.
func New() (*Files, error) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded files: %w", err)
	}
	files := &Files{paths: map[string]string{}, byPath: map[string]file{}}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return files.add(root, name)
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded files: %w", err)
	}
	return files, nil
}

func (f *Files) add(root fs.FS, name string) error {
	plain, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(plain)
	hash := hex.EncodeToString(sum[:5])
	extension := path.Ext(name)
	hashed := Prefix + strings.TrimSuffix(name, extension) + "." + hash + extension
	zipped, err := gzipped(plain)
	if err != nil {
		return err
	}
	small, err := brotlied(plain)
	if err != nil {
		return err
	}
	f.paths[name] = hashed
	f.byPath[hashed] = file{contentType: contentType(extension), etag: hash, plain: plain, gzip: zipped, brotli: small}
	return nil
}

// Path returns where a built file is served, for example Path("app.css"). A name that was not built
// gives a path that answers 404, since a missing picture must not take the page down.
func (f *Files) Path(name string) string {
	if hashed, ok := f.paths[name]; ok {
		return hashed
	}
	return Prefix + name
}

// ServeHTTP serves the hashed paths below Prefix.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	built, ok := f.byPath[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	body, encoding := built.choose(r.Header.Get("Accept-Encoding"))
	header := w.Header()
	header.Set("Content-Type", built.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept-Encoding")
	etag := `"` + built.etag + encoding + `"`
	header.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client may leave; there is nobody to tell
}

// choose picks the smallest form that the client takes. Quality values are read only as "refused": a
// client that ranks encodings still takes any that it names.
func (b file) choose(accept string) (body []byte, encoding string) {
	takes := map[string]bool{}
	for part := range strings.SplitSeq(accept, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := strings.ReplaceAll(quality, " ", "")
		takes[strings.ToLower(name)] = weight != "q=0" && weight != "q=0.0"
	}
	switch {
	case takes["br"] && len(b.brotli) < len(b.plain):
		return b.brotli, "br"
	case takes["gzip"] && len(b.gzip) < len(b.plain):
		return b.gzip, "gzip"
	default:
		return b.plain, ""
	}
}

func contentType(extension string) string {
	switch extension {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "application/octet-stream"
	}
}

func gzipped(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(plain); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// brotlied compresses at a middle level: the best one would cost every start half a second to save 5 kB.
func brotlied(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	zip := brotli.NewWriterLevel(&out, 6)
	if _, err := zip.Write(plain); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
