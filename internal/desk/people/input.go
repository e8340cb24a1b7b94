package people

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// MostEmails is how many addresses a contact can have.
const MostEmails = 20

// How long what is kept of a contact is, in characters.
const (
	maxName     = 200
	maxPhone    = 60
	maxJobTitle = 200
	maxAddress  = 1000
)

// Input is what somebody says of a contact.
type Input struct {
	Name     string // "" is the primary address
	Phone    string
	JobTitle string
	Address  string // several lines
	Emails   []contact.Address
	Fields   field.SetInput
}

// EmailField is the name of the form's field of an address, by its place among Input.Emails, and of what is wrong with it in
// Invalid errors.
func EmailField(i int) string { return fmt.Sprintf("email-%d", i) }

// clean makes the input what is stored, or says everything that is wrong with it. Addresses that are empty are left out.
func (in Input) clean() (Input, error) {
	problems := map[string]string{}
	line := func(name, value string, most int) string {
		value = oneLine(value)
		if utf8.RuneCountInString(value) > most {
			problems[name] = fmt.Sprintf("Keep it under %d characters.", most)
		}
		return value
	}
	in.Name, in.Phone, in.JobTitle = line("name", in.Name, maxName), line("phone", in.Phone, maxPhone), line("job_title", in.JobTitle, maxJobTitle)
	if in.Address = lines(in.Address); utf8.RuneCountInString(in.Address) > maxAddress {
		problems["address"] = "Keep the address under 1,000 characters."
	}
	in.Emails = cleanEmails(in.Emails, problems)
	if in.Name == "" && len(in.Emails) > 0 {
		in.Name = in.Emails[0].Email
	}
	if in.Name == "" && len(problems) == 0 {
		problems["name"] = "Give the contact a name, or at least an address."
	}
	if len(problems) > 0 {
		return in, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return in, nil
}

// cleanEmails are the addresses as they are stored, the primary one first; each once.
func cleanEmails(typed []contact.Address, problems map[string]string) (list []contact.Address) {
	for i, a := range typed {
		a.Email = contact.Normalise(a.Email)
		parsed, err := mail.ParseAddress(a.Email)
		switch {
		case a.Email == "":
			continue
		case err != nil || parsed.Address != a.Email || len(a.Email) > 254:
			problems[EmailField(i)] = "Enter one e-mail address, such as maria@example.com."
			continue
		case slices.ContainsFunc(list, func(b contact.Address) bool { return b.Email == a.Email }):
			problems[EmailField(i)] = "This address stands here twice."
			continue
		}
		list = append(list, a)
	}
	if len(list) > MostEmails {
		problems["emails"] = fmt.Sprintf("A contact can have up to %d addresses.", MostEmails)
	}
	first := max(0, slices.IndexFunc(list, func(a contact.Address) bool { return a.IsPrimary }))
	for i := range list {
		list[i].IsPrimary = i == first
	}
	slices.SortStableFunc(list, func(a, b contact.Address) int {
		switch {
		case a.IsPrimary == b.IsPrimary:
			return strings.Compare(a.Email, b.Email)
		case a.IsPrimary:
			return -1
		}
		return 1
	})
	return list
}

// oneLine makes text that stands in one line, is valid, and has single spaces.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// lines is text of several lines, each as oneLine has it, without empty ones.
func lines(text string) string {
	var list []string
	for l := range strings.Lines(text) {
		if l = oneLine(l); l != "" {
			list = append(list, l)
		}
	}
	return strings.Join(list, "\n")
}

// TakenError says whose an address is already. It is the cause of the Invalid error for the field of the address.
type TakenError struct {
	Email string
	By    contact.ID
	Name  string // of that contact
}

// Error says so.
func (e *TakenError) Error() string { return fmt.Sprintf("an address belongs to contact %d", e.By) }

// oursError says that an address is one at which the workspace receives mail.
type oursError struct{ email string }

func (e *oursError) Error() string { return "an address is the workspace's own" }

// named gives what is wrong with an address the field at which it was typed.
func named(err error, typed Input) error {
	email, problem := "", ""
	if taken, ok := errors.AsType[*TakenError](err); ok {
		email, problem = taken.Email, "This address belongs to "+taken.Name+"."
	} else if ours, ok := errors.AsType[*oursError](err); ok {
		email, problem = ours.email, "This workspace receives mail at this address. Enter the address of a customer."
	}
	if email == "" {
		return err
	}
	at := slices.IndexFunc(typed.Emails, func(a contact.Address) bool { return contact.Normalise(a.Email) == email })
	return &errs.Error{Kind: errs.Invalid, Message: problem, Fields: map[string]string{EmailField(max(at, 0)): problem}, Err: err}
}
