// The search field offers keys and values while somebody types: a combobox with a list of suggestions. Arrow keys move in
// it, Enter takes what is marked, Escape closes it; with nothing marked Enter searches, as it does without this.
const waitBeforeAsking = 120; // milliseconds without a further key

export function startSearch() {
  for (const field of document.querySelectorAll("input[data-complete]")) new Suggestions(field);
}

class Suggestions {
  constructor(field) {
    this.field = field;
    this.active = -1;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.addEventListener("input", () => this.askSoon());
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
  }

  get options() {
    return this.list ? [...this.list.children] : [];
  }

  before() {
    return this.field.value.slice(0, this.field.selectionStart ?? this.field.value.length);
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), waitBeforeAsking);
  }

  // ask shows suggestions for what stands before the cursor. An answer that comes after the next question is dropped.
  async ask() {
    this.request?.abort();
    this.request = new AbortController();
    const before = this.before();
    try {
      const url = `${this.field.dataset.complete}?${new URLSearchParams({ before })}`;
      const answer = await fetch(url, { headers: { Accept: "text/html", "X-Part": "1" }, signal: this.request.signal });
      if (!answer.ok || answer.redirected) return this.close();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (before === this.before() && document.activeElement === this.field) this.show(page.getElementById("search-options"));
    } catch {
      this.close(); // offline, or a newer question
    }
  }

  show(list) {
    this.close();
    if (!list?.children.length) return;
    this.list = document.adoptNode(list);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keeps the focus in the field
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
    this.field.form.append(this.list);
    this.field.setAttribute("aria-expanded", "true");
    this.field.setAttribute("aria-controls", this.list.id);
    this.say(this.list.children.length === 1 ? "1 suggestion" : `${this.list.children.length} suggestions`);
  }

  close() {
    clearTimeout(this.timer);
    this.list?.remove();
    this.list = null;
    this.active = -1;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-controls");
    this.field.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const options = this.options;
    if (event.key === "ArrowDown" && !options.length) {
      event.preventDefault();
      this.ask();
    } else if (options.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.mark(this.active + (event.key === "ArrowDown" ? 1 : this.active < 0 ? 0 : -1));
    } else if (options.length && event.key === "Escape") {
      event.preventDefault(); // which would empty the field
      this.close();
    } else if (event.key === "Enter" && options[this.active]) {
      event.preventDefault();
      this.take(options[this.active]);
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.close();
    }
  }

  // mark moves round: from the last option to the first.
  mark(at) {
    const options = this.options;
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = (at + options.length) % options.length;
    const option = options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  // take puts the option in the place of what it completes; after a key its values follow.
  take(option) {
    const before = this.before();
    const replace = this.list.dataset.replace;
    const start = before.endsWith(replace) ? before.length - replace.length : before.length;
    this.field.setRangeText(option.dataset.insert, start, before.length, "end");
    this.close();
    if (option.dataset.insert.endsWith(":")) this.ask();
  }

  say(text) {
    const status = document.getElementById("live-status");
    if (status) status.textContent = text;
  }
}
