package demo

import (
	"bufio"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The conversations, one file each. A file begins with the fields Subject, From (the customer) and, where it is not
// the workspace's first address, To. Then come its events, each a line and what was written:
//
//	== 12d 09:40 customer
//	== 12d 10:05 ana set; assign ana; priority high; queue Returns; status on_hold; tags warranty, lights
//	== 12d 10:20 ana reply; status pending
//	== 12d 10:25 ana fields; order 2041-7730; product Wheels
//	== 12d 10:30 ana followup; due 26h
//	== 3h20m staff refuse
//	== 9d 11:00 job ratings
//	== 8d 07:15 customer rate; score good
//
// The time is days ago and a time of day, or for the last hours how long ago. The line {quote} in a mail stands for
// the quoted message that it answers. See play for what can happen.
//
//go:embed conversations
var conversations embed.FS

// conversation is a file.
type conversation struct {
	world    world
	file     string
	subject  string
	from, to string
	events   []event
}

// event is one thing that happens.
type event struct {
	*conversation
	index   int
	at      time.Time
	who     string // "customer", the name of a member, "staff", "job"
	what    string // what they do; "" for a customer's mail
	options []option
	body    string
}

type option struct{ key, value string }

// option returns the value of an option, and whether it is given.
func (e event) option(key string) (string, bool) {
	for _, o := range e.options {
		if o.key == key {
			return o.value, true
		}
	}
	return "", false
}

// ahead reads an option that says how long after now something is; a mistake is no time at all, which is refused.
func (e event) ahead(key string) time.Duration {
	value, _ := e.option(key)
	d, err := time.ParseDuration(value)
	if err != nil {
		return -history
	}
	return d
}

// wrap says where in the script an error comes from.
func (e event) wrap(err error) error {
	return fmt.Errorf("demo: %s/%s, event %d (%s %s): %w", e.world.slug, e.file, e.index+1, e.who, e.what, err)
}

// script reads all conversations and puts their events in the order of time.
func script(base time.Time) ([]event, error) {
	var all []event
	place := 0
	for _, w := range worlds() {
		names, err := files(w.slug)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := conversations.ReadFile("conversations/" + w.slug + "/" + name)
			if err != nil {
				return nil, err
			}
			c, err := parse(string(text), base)
			if err != nil {
				return nil, fmt.Errorf("demo: %s/%s: %w", w.slug, name, err)
			}
			c.world, c.file = w, strings.TrimSuffix(name, ".txt")
			for i := range c.events {
				c.events[i].conversation, c.events[i].index = c, i
				c.events[i].at = c.events[i].at.Add(within(place, i))
			}
			all = append(all, c.events...)
			place++
		}
	}
	slices.SortFunc(all, func(a, b event) int { return a.at.Compare(b.at) })
	return all, nil
}

// within gives every event a moment of its own in its minute, by which the audit trail knows it again: the file
// decides the milliseconds, the event's place in the file the microseconds.
func within(file, event int) time.Duration {
	return time.Duration(file*1237%59_000)*time.Millisecond + time.Duration(event)*time.Microsecond
}

func parse(text string, base time.Time) (*conversation, error) {
	c := &conversation{}
	head, rest, found := strings.Cut(text, "\n== ")
	if !found {
		return nil, fmt.Errorf("no event")
	}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Subject":
			c.subject = value
		case "From":
			c.from = value
		case "To":
			c.to = value
		default:
			return nil, fmt.Errorf("unknown field %q", key)
		}
	}
	for _, block := range strings.Split(rest, "\n== ") {
		line, body, _ := strings.Cut(block, "\n")
		e, err := parseEvent(line, base)
		if err != nil {
			return nil, err
		}
		e.body = strings.TrimSpace(body)
		c.events = append(c.events, e.split()...)
	}
	return c, nil
}

var eventLine = regexp.MustCompile(`^(\d+d \d\d:\d\d|\d+h\d\dm|\d+m) (\w+) ?([\w-]*)(.*)$`)

func parseEvent(line string, base time.Time) (event, error) {
	m := eventLine.FindStringSubmatch(line)
	if m == nil {
		return event{}, fmt.Errorf("cannot read the line %q", line)
	}
	at, err := moment(m[1], base)
	if err != nil {
		return event{}, err
	}
	e := event{at: at, who: m[2], what: m[3]}
	s := bufio.NewScanner(strings.NewReader(strings.ReplaceAll(m[4], ";", "\n")))
	for s.Scan() {
		if key, value, _ := strings.Cut(strings.TrimSpace(s.Text()), " "); key != "" {
			e.options = append(e.options, option{key, value})
		}
	}
	return e, s.Err()
}

// moment turns "12d 09:40" and "3h20m" into a time before base.
func moment(text string, base time.Time) (time.Time, error) {
	days, clock, found := strings.Cut(text, "d ")
	if !found {
		ago, err := time.ParseDuration(text)
		return base.Add(-ago), err
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse("15:04", clock)
	midnight := time.Date(base.Year(), base.Month(), base.Day(), 0, 0, 0, 0, time.UTC)
	return midnight.AddDate(0, 0, -n).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute), err
}

// split makes two events of one that sets tags and other things: they are two transactions, and each event is one.
func (e event) split() []event {
	i := slices.IndexFunc(e.options, func(o option) bool { return o.key == "tags" })
	if e.what != "set" || i < 0 || len(e.options) == 1 {
		return []event{e}
	}
	tags := e
	tags.options = []option{e.options[i]}
	e.options = slices.Delete(slices.Clone(e.options), i, i+1)
	return []event{e, tags}
}
