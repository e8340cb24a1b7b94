package contact

import "testing"

func TestADomainProtectsWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	protects := domains{"acme.test": true, "partner.test": false, "deep.own.test": true, "own.test": false}
	for email, want := range map[string]ProtectionKind{
		"ana@acme.test": OwnDomain, "bot@mail.eu.acme.test": OwnDomain, "x@notacme.test": Unprotected, "x@test": Unprotected,
		"joe@partner.test": ProtectedDomain, "joe@PARTNER.test.": ProtectedDomain, "joe@partner.test.evil.example": Unprotected,
		`"a@acme.test"@evil.example`: Unprotected, "a@deep.own.test": OwnDomain, "a@other.own.test": ProtectedDomain,
		"unknown@sender.invalid": NobodyNamed, "nonsense": Unprotected, "": Unprotected,
	} {
		if got := protects.protection(email); got.Kind != want {
			t.Errorf("%s is %q, want %q", email, got.Kind, want)
		}
	}
	for _, kind := range []ProtectionKind{MemberAddress, OwnDomain, ProtectedDomain, NobodyNamed} {
		if (Protection{Kind: kind}).Why() == "" {
			t.Errorf("%s says nothing", kind)
		}
	}
}
