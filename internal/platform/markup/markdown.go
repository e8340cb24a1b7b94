package markup

import (
	"html"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	rendering "github.com/yuin/goldmark/renderer"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// converter knows the part of Markdown that loses nothing of a letter. HTML is not parsed, so that tags are shown as they were
// typed; nor are definitions of links, which would vanish, indented code and underlined headings, which people
// write without meaning them. Line ends stay as typed.
var converter = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(
				util.Prioritized(parser.NewThematicBreakParser(), 200),
				util.Prioritized(parser.NewListParser(), 300),
				util.Prioritized(parser.NewListItemParser(), 400),
				util.Prioritized(headings{parser.NewATXHeadingParser()}, 600),
				util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
				util.Prioritized(parser.NewBlockquoteParser(), 800),
				util.Prioritized(paragraphs{parser.NewParagraphParser()}, 1000),
			),
			parser.WithParagraphTransformers(util.Prioritized(tables{extension.NewTableParagraphTransformer()}, 200)),
			parser.WithInlineParsers(
				util.Prioritized(parser.NewCodeSpanParser(), 100),
				util.Prioritized(parser.NewLinkParser(), 200),
				util.Prioritized(parser.NewAutoLinkParser(), 300),
				util.Prioritized(parser.NewEmphasisParser(), 500),
			),
			parser.WithASTTransformers(
				util.Prioritized(extension.NewTableASTTransformer(), 0),
				util.Prioritized(imagesAsLinks{}, 100),
			),
		)),
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
		goldmark.WithRendererOptions(
			htmlrenderer.WithHardWraps(), rendering.WithNodeRenderers(util.Prioritized(extension.NewTableHTMLRenderer(), 500)),
		),
	)
})

// Markdown returns the HTML of a text written in Markdown, cleaned as by Sanitise. HTML in it is shown as text, and a remote
// image is a link to it.
func Markdown(src string) string {
	var b strings.Builder
	if err := converter().Convert([]byte(src), &b); err != nil {
		return "<pre>" + html.EscapeString(src) + "</pre>" // the writer cannot fail; show the words in any case
	}
	clean, _ := Sanitise(b.String(), Options{})
	return strings.TrimSpace(clean)
}

// headings begin with two marks at least: "# 5 is alive" is a sentence.
type headings struct{ parser.BlockParser }

// Open leaves a line with a single mark to the paragraphs.
func (h headings) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	if at := pc.BlockOffset(); at < 0 || !strings.HasPrefix(string(line[at:]), "##") {
		return nil, parser.NoChildren
	}
	return h.BlockParser.Open(parent, reader, pc)
}

// paragraphs may begin with an indented line, which is no code.
type paragraphs struct{ parser.BlockParser }

// CanAcceptIndentedLine is true for it.
func (paragraphs) CanAcceptIndentedLine() bool { return true }

// tables are drawn with bars: a line of dashes alone begins a signature.
type tables struct{ parser.ParagraphTransformer }

// Transform leaves a paragraph with a line of dashes as it is.
func (t tables) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	for i := range lines.Len() {
		at := lines.At(i)
		line := strings.TrimSpace(string(at.Value(reader.Source())))
		if strings.Trim(line, "-: ") == "" {
			return
		}
	}
	t.ParagraphTransformer.Transform(node, reader, pc)
}

// imagesAsLinks is for pictures elsewhere, which nobody would be shown.
type imagesAsLinks struct{}

// Transform puts a link in place of each image; within a link there is only its description.
func (imagesAsLinks) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if image, ok := n.(*ast.Image); ok && !entering { // those within an image come first
			images = append(images, image)
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images {
		if !image.HasChildren() {
			image.AppendChild(image, ast.NewString(image.Destination))
		}
		parent := image.Parent()
		if !withinLink(image) {
			link := ast.NewLink()
			link.Destination, link.Title = image.Destination, image.Title
			parent.InsertBefore(parent, image, link)
			for child := image.FirstChild(); child != nil; child = image.FirstChild() {
				link.AppendChild(link, child)
			}
		}
		for child := image.FirstChild(); child != nil; child = image.FirstChild() {
			parent.InsertBefore(parent, image, child)
		}
		parent.RemoveChild(parent, image)
	}
}

func withinLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink || p.Kind() == ast.KindImage {
			return true
		}
	}
	return false
}
