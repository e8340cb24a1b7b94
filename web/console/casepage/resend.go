package casepage

import "net/http"

// Resend is POST /w/{ws}/cases/{number}/deliveries/{id}/resend: it queues a mail again that did not arrive.
func (p *Pages) Resend(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	delivery, err := id(r, "id")
	if err != nil {
		return err
	}
	if err := p.messages.Resend(r.Context(), in.visit.Actor, in.number, delivery); err != nil {
		return err
	}
	return p.done(w, r, in, "The message is being sent again")
}
