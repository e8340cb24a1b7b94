package casepage

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/rating"
	"caseward/web/ui"
)

// Ratings is what the page needs of ratings.
type Ratings interface {
	OfCase(ctx context.Context, actor access.Actor, c cases.Case) (rating.Outlook, error)
	OfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) ([]rating.Rating, error)
}

// timelineSize is how much of the contact's timeline the panel shows.
const timelineSize = 10

// timeline is what is known of the contact besides this case: their other cases, what they said of them, and what is
// still to be done about them.
type timeline struct {
	others    []cases.Other
	ratings   []rating.Rating
	followUps []followup.FollowUp
}

// moment is one thing on the timeline; one of the three is set.
type moment struct {
	at       time.Time
	other    *cases.Other
	rating   *rating.Rating
	followUp *followup.FollowUp
}

// moments are those that are shown, the newest first. A follow-up stands where it is due.
func (t timeline) moments() []moment {
	var list []moment
	for i := range t.others {
		list = append(list, moment{at: t.others[i].LastActivityAt, other: &t.others[i]})
	}
	for i := range t.ratings {
		list = append(list, moment{at: *t.ratings[i].ChangedAt, rating: &t.ratings[i]})
	}
	for i := range t.followUps {
		list = append(list, moment{at: t.followUps[i].DueAt, followUp: &t.followUps[i]})
	}
	slices.SortStableFunc(list, func(a, b moment) int { return b.at.Compare(a.at) })
	return list[:min(timelineSize, len(list))]
}

// timelineReads read the timeline; all of it is of live cases.
func (p *Pages) timelineReads(actor access.Actor, c cases.Case, t *timeline) []func(ctx context.Context) error {
	return []func(ctx context.Context) error{
		into(&t.others, func(ctx context.Context) ([]cases.Other, error) {
			return p.cases.OfContact(ctx, actor, c, contactCases)
		}),
		into(&t.ratings, func(ctx context.Context) ([]rating.Rating, error) {
			return p.ratings.OfContact(ctx, actor, c, timelineSize)
		}),
		into(&t.followUps, func(ctx context.Context) ([]followup.FollowUp, error) {
			return p.followUps.OpenOfContact(ctx, actor, c, timelineSize)
		}),
	}
}

// allCases leads to a search for everything of the contact.
func (v view) allCases() string {
	who := `contact:"` + v.ContactName + `"`
	if v.ContactEmail != "" {
		who = "email:" + v.ContactEmail
	}
	return v.visit.Path("/inbox?" + url.Values{"q": {who}}.Encode())
}

// willAsk says when the customer is asked.
func (v view) willAsk() string {
	if !v.outlook.AskAt.After(v.now) {
		return "The customer is about to be asked for a rating."
	}
	return "The customer is asked for a rating on " + v.date(*v.outlook.AskAt) + ", unless the case is opened again before."
}

// ratingSentence is sentence for the question to the customer and their answer, and for what it has no words for.
func ratingSentence(a cases.Activity) (string, ui.IconName) {
	switch a.Kind {
	case cases.ActRatingAsked:
		return "asked the customer for a rating", ui.IconSmile
	case cases.ActRated:
		return ratedAs(a.Data), ratedIcon(a.Data)
	}
	return string(a.Kind), ui.IconActivity
}

// ratedAs says how the customer rated; their comment stands in the panel alone, since the feed keeps no words of people.
func ratedAs(data map[string]any) string {
	text := "rated the help as " + fmt.Sprint(data["score"])
	if from := fmt.Sprint(data["from"]); from == fmt.Sprint(data["score"]) {
		text = "changed the comment on the help, rated as " + from
	} else if from != "" {
		text = "changed the rating of the help from " + from + " to " + fmt.Sprint(data["score"])
	}
	if data["comment"] == true {
		text += ", with a comment"
	}
	return text
}

func ratedIcon(data map[string]any) ui.IconName {
	if data["score"] == string(rating.Bad) {
		return ui.IconFrown
	}
	return ui.IconSmile
}
