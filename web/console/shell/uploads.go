package shell

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/desk/message"
	"caseward/web/kit"
	"caseward/web/ui"
)

// FilesField is the name of the field in which forms send files.
const FilesField = "files"

// Uploads are the files of a form as messages take them.
func Uploads(f *kit.Form) []message.Upload {
	var files []message.Upload
	for _, file := range f.Files(FilesField) {
		files = append(files, message.Upload{Filename: file.Name, Data: file.Data})
	}
	return files
}

// FilesProps is the field for them. No browser lets a page choose files for somebody, so a form that comes back says
// that they are to be chosen again.
func FilesProps(f *kit.Form, id string) ui.FilesProps {
	p := f.Field(FilesField, "Attach files")
	p.ID, p.Value = id, ""
	p.Hint = "Up to " + strconv.Itoa(message.MaxFiles>>20) + " MB together."
	if len(f.Files(FilesField)) > 0 {
		p.Hint = "Your files were not kept. Choose them again. " + p.Hint
	}
	if p.Error != "" {
		p.Attrs = templ.Attributes{"data-focus": true}
	}
	return ui.FilesProps{FieldProps: p, Limit: message.MaxFiles}
}
