package migrations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Fingerprint is a short text that changes whenever the schema that Up makes changes. Tests name their template
// database by it.
func Fingerprint() (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "river %d\n", riverVersion) // a hash never fails to write
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		_, _ = fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}
