package inbound

// ParseWith replaces what reads mail.
func (in *Intake) ParseWith(parse func(raw []byte) Message) { in.parse = parse }
