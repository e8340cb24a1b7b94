package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"caseward/internal/app"
)

type workspaceCmd struct {
	Create workspaceCreateCmd `cmd:"" help:"Create a workspace and its owner."`
}

type workspaceCreateCmd struct {
	Name       string `required:"" help:"What people call it."`
	Slug       string `required:"" help:"Its part of the addresses: /w/SLUG."`
	OwnerEmail string `required:"" help:"Who owns it. A new account gets the password from CASEWARD_PASSWORD or a prompt."`
	OwnerName  string `help:"The owner's name."`
	Existing   bool   `help:"The owner has an account already, and keeps its name and password."`
	Address    string `help:"The e-mail address that receives its mail; support@SLUG.example when not given."`
}

// Run creates the workspace.
func (c workspaceCreateCmd) Run(ctx context.Context) error {
	password, err := readPassword(c.Existing)
	if err != nil {
		return err
	}
	given := c.Address != ""
	if !given {
		c.Address = "support@" + c.Slug + ".example"
	}
	return with(ctx, func(a *app.App) error {
		url, err := a.CreateWorkspace(ctx, c.Name, c.Slug, c.Address, app.Person{Email: c.OwnerEmail, Name: c.OwnerName, Password: password, Existing: c.Existing})
		if err != nil {
			return err
		}
		fmt.Printf("Workspace %s is at %s\n", c.Name, url)
		fmt.Printf("Mail to %s becomes a case there, and answers go out from it.\n", c.Address)
		if !given {
			fmt.Printf("That address is only a placeholder, as --address was not given: put yours at %s/admin/email\n", url)
		}
		return nil
	})
}

type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Make somebody support staff."`
	Remove staffRemoveCmd `cmd:"" help:"Take that away again and sign them out. Their account stays."`
}

type staffAddCmd struct {
	Email string `required:"" help:"A new account gets the password from CASEWARD_PASSWORD or a prompt."`
	Name  string `help:"Their name."`
	// Existing is asked for, since the password that was typed would be passed over.
	Existing bool `help:"They have an account already, and keep its name and password."`
}

// Run adds the staff account.
func (c staffAddCmd) Run(ctx context.Context) error {
	password, err := readPassword(c.Existing)
	if err != nil {
		return err
	}
	return with(ctx, func(a *app.App) error {
		err := a.AddStaff(ctx, app.Person{Email: c.Email, Name: c.Name, Password: password, Existing: c.Existing})
		if err == nil {
			fmt.Printf("%s can sign in at %s/login and decide on erasure requests\n", c.Email, a.Config.BaseURL)
		}
		return err
	})
}

type staffRemoveCmd struct {
	Email string `required:"" help:"What they sign in with."`
}

// Run ends the staff account's rights.
func (c staffRemoveCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		err := a.RemoveStaff(ctx, c.Email)
		if err == nil {
			fmt.Printf("%s is no longer support staff, and is signed out everywhere\n", c.Email)
		}
		return err
	})
}

// readPassword takes the password from CASEWARD_PASSWORD, a prompt that does not echo, or piped input: never from an
// argument, which every user of the machine can see. An account that exists needs none.
func readPassword(existing bool) (string, error) {
	if existing {
		return "", nil
	}
	if p := os.Getenv("CASEWARD_PASSWORD"); p != "" {
		return p, nil
	}
	if stdin := int(os.Stdin.Fd()); term.IsTerminal(stdin) {
		fmt.Fprint(os.Stderr, "Password: ")
		p, err := term.ReadPassword(stdin)
		fmt.Fprintln(os.Stderr)
		return string(p), err
	}
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("give the password in CASEWARD_PASSWORD, or run this in a terminal to be asked")
	}
	return line, nil
}
