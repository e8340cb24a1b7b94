package demo

import (
	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
)

// Password is everybody's.
const Password = "caseward-demo"

// person is somebody who signs in.
type person struct {
	name   string
	email  string
	role   access.Role
	grants []access.Permission
	what   string // for SignIns
}

// world is one workspace: its people, the owner first, its queues beside the default one, who receives for them, and its
// custom fields.
type world struct {
	slug, name, zone string
	people           []person
	queues           []string
	fields           []field.Input
	addresses        map[string]string // address to queue; the first is in defaultAddress
	defaultAddress   string
}

// worlds are the demo's workspaces.
func worlds() []world { return []world{acme(), globex()} }

func acme() world {
	return world{
		slug: "acme", name: "Acme Bikes & Outdoor", zone: "Europe/Berlin", defaultAddress: "support@acme.test",
		people: []person{
			{"Olga Petrenko", "owner@acme.test", access.Owner, nil, "acme, owner"},
			{"Adam Lindqvist", "admin@acme.test", access.Admin, nil, "acme, admin"},
			{"Ana Ferreira", "ana@acme.test", access.Agent, []access.Permission{access.DeleteCases}, "acme, agent who may delete cases"},
			{"Ben Okafor", "ben@acme.test", access.Agent, nil, "acme, agent"},
			{"Vera Novak", "vera@acme.test", access.Viewer, nil, "acme, viewer"},
		},
		queues:    []string{"Billing", "Returns"},
		addresses: map[string]string{"billing@acme.test": "Billing", "returns@acme.test": "Returns"},
		fields: []field.Input{
			{Object: field.OfCase, Kind: field.Text, Key: "order", Name: "Order number", Help: "As it stands on the invoice."},
			{Object: field.OfCase, Kind: field.Choice, Key: "product", Name: "Product area", Choices: []string{"Bicycles", "Wheels", "Lights", "Clothing", "Camping", "Workshop"}},
			{Object: field.OfCase, Kind: field.Number, Key: "refund", Name: "Refund", Help: "In euros."},
			{Object: field.OfContact, Kind: field.Choice, Key: "customer-type", Name: "Customer type", Choices: []string{"Private", "Club", "Business"}},
		},
	}
}

func globex() world {
	return world{
		slug: "globex", name: "Globex Climbing", zone: "America/New_York", defaultAddress: "support@globex.test",
		people: []person{{"Grace Liu", "owner@globex.test", access.Owner, nil, "globex, owner"}},
	}
}

// portalCustomer is the one customer who has an account already.
func portalCustomer() person {
	return person{name: "Siobhán Ní Dhuibhir", email: "siobhan@nidhuibhir.example", what: "customer of acme, at /help/acme"}
}

func staffPerson() person {
	return person{name: "Sam Whitlock", email: "staff@caseward.test", what: "support staff"}
}
