package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
)

// picture draws a wheel with a bent spoke and a red ring around the damage: the photo that a customer sends.
func picture() ([]byte, error) {
	const width, height, radius = 320, 240, 96
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		color.RGBA{0xEC, 0xE7, 0xDC, 0xFF}, color.RGBA{0x33, 0x36, 0x3B, 0xFF}, color.RGBA{0x8A, 0x8F, 0x98, 0xFF}, color.RGBA{0xD2, 0x2E, 0x2E, 0xFF},
	})
	ring := func(cx, cy, r, thick float64, ink uint8) {
		for a := 0.0; a < 2*math.Pi; a += 0.002 {
			for d := 0.0; d < thick; d += 0.5 {
				img.SetColorIndex(int(cx+(r-d)*math.Cos(a)), int(cy+(r-d)*math.Sin(a)), ink)
			}
		}
	}
	const cx, cy = width / 2, height / 2
	for spoke := range 24 {
		angle := float64(spoke) * math.Pi / 12
		for r := 10.0; r < radius-8; r += 0.3 {
			bend := 0.0
			if spoke == 20 {
				bend = 0.12 * math.Sin((r-10)/(radius-18)*math.Pi)
			}
			img.SetColorIndex(int(cx+r*math.Cos(angle+bend)), int(cy+r*math.Sin(angle+bend)), 2)
		}
	}
	ring(cx, cy, radius, 8, 1)
	ring(cx, cy, 10, 10, 1)
	ring(cx+34, cy-52, 26, 4, 3)
	b := &bytes.Buffer{}
	err := png.Encode(b, img)
	return b.Bytes(), err
}

// document makes a PDF of one page with these lines.
func document(lines ...string) []byte {
	content := &strings.Builder{}
	content.WriteString("BT /F1 18 Tf 72 760 Td 28 TL\n")
	for _, line := range lines {
		fmt.Fprintf(content, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(line))
	}
	content.WriteString("ET")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", content.Len(), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	b := bytes.NewBufferString("%PDF-1.4\n")
	table := &strings.Builder{}
	for i, o := range objects {
		fmt.Fprintf(table, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, table, len(objects)+1, start)
	return b.Bytes()
}
