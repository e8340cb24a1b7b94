package filetype_test

import (
	"testing"

	"caseward/internal/platform/filetype"
)

func TestTheBytesSayWhatAFileIs(t *testing.T) {
	t.Parallel()
	const png, jpeg, zip = "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "PK\x03\x04 and more"
	for _, c := range []struct{ name, claimed, data, want string }{
		{"a.png", "image/png", png, "image/png"},
		{"a.pdf", "application/pdf", jpeg, "image/jpeg"},
		{"a.png", "image/png", "<html><script>1</script>", "text/html"},
		{"a.png", "image/png", "\x00\x01\x02\x03", filetype.Unknown},
		{"a.svg", "image/svg+xml", `<svg onload="1"/>`, "text/plain"},
		{"a.svg", "image/svg+xml", `<?xml version="1.0"?><svg/>`, "text/xml"},
		{"Offer.DOCX", "", zip, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"offer.zip", "", zip, "application/zip"},
		{"a.csv", "", "a;b\n1;2\n", "text/csv"},
		{"a.html", "text/html; charset=utf-8", "nothing in it", "text/html"},
		{"a.bin", "not a type", "\x00\x01", filetype.Unknown},
		{"a.bin", "audio/x-odd", "\x00\x01", "audio/x-odd"},
		{"", "", "", "text/plain"},
	} {
		if got := filetype.Of(c.name, c.claimed, []byte(c.data)); got != c.want {
			t.Errorf("%q claimed %q: %s, want %s", c.name, c.claimed, got, c.want)
		}
	}
}

func TestOnlyFourKindsArePictures(t *testing.T) {
	t.Parallel()
	for media, want := range map[string]bool{"image/png": true, "IMAGE/JPEG": true, "image/gif": true, "image/webp": true,
		"image/svg+xml": false, "image/bmp": false, "text/html": false, "application/pdf": false, "": false} {
		if filetype.IsPicture(media) != want {
			t.Errorf("%q is a picture: %v", media, !want)
		}
	}
}
