// The command palette, by Ctrl+K or Cmd+K: a field that filters what can be done on this page. The field
// keeps the focus; the chosen entry is told to screen readers by aria-activedescendant.
import { actions } from "./actions.js";

const most = 60; // entries shown at once

export function startPalette() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (!document.querySelector("[data-palette-open]")) return;
    event.preventDefault();
    const opened = document.querySelector("dialog.palette");
    if (opened) opened.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  document.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!event.target.closest("[data-palette-open]")) return;
    event.preventDefault();
    open();
  });
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function open() {
  const all = actions();
  const field = make("input", {
    type: "text", class: "palette-field", role: "combobox", "aria-label": "Command, case number or search", "aria-expanded": "true",
    "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    placeholder: "Type a command, a case number or what to search for",
  });
  const list = make("ul", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Commands" });
  const status = make("p", { class: "sr-only", role: "status" });
  const dialog = make("dialog", { class: "dialog palette", "aria-label": "Commands" }, field, list, status);
  let shown = [];
  let at = 0;

  const mark = (to) => {
    at = shown.length ? (to + shown.length) % shown.length : 0;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    const row = list.children[at];
    if (row) field.setAttribute("aria-activedescendant", row.id);
    else field.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  };
  const filter = () => {
    shown = matching(all, field.value);
    list.replaceChildren(...shown.map(row));
    status.textContent = shown.length === 1 ? "1 command" : `${shown.length} commands`;
    mark(0);
  };
  const run = (action) => {
    dialog.close();
    action?.run();
  };
  field.addEventListener("input", filter);
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: at + 1, ArrowUp: at - 1, Home: field.value ? undefined : 0, End: field.value ? undefined : -1 }[event.key];
    if (step !== undefined) mark(step);
    else if (event.key === "Enter" && !event.isComposing) run(shown[at]);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a press on the backdrop
    const chosen = event.target.closest("[role=option]");
    if (chosen) run(shown[[...list.children].indexOf(chosen)]);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  filter();
  dialog.showModal();
  field.focus();
}

function row(action, i) {
  const label = make("span", { class: "palette-label" }, action.label);
  const entry = make("li", { id: `palette-${i}`, role: "option", "aria-selected": "false" });
  if (action.group) entry.append(make("span", { class: "palette-group" }, `${action.group}: `));
  entry.append(label);
  if (action.key && document.querySelector("[data-shortcuts]")) {
    entry.append(make("span", { class: "palette-keys" }, ...action.key.split(" ").map((key) => make("kbd", {}, key))));
  }
  return entry;
}

// matching are the actions that hold every word, those that begin with what was typed first; then where a
// number leads, and the search for it all.
function matching(all, typed) {
  const wanted = typed.trim().toLowerCase();
  const words = wanted.split(/\s+/).filter(Boolean);
  const found = all.filter((action) => {
    const name = `${action.group} ${action.label}`.toLowerCase();
    return words.every((word) => name.includes(word));
  });
  const begins = (action) => action.label.toLowerCase().startsWith(wanted);
  const list = [...found.filter(begins), ...found.filter((action) => !begins(action))].slice(0, most);
  const number = wanted.match(/^#?([1-9]\d{0,17})$/)?.[1];
  const cases = document.querySelector("[data-cases]")?.dataset.cases;
  if (number && cases) list.unshift({ group: "", label: `Go to case #${number}`, key: "", run: () => location.assign(cases + number) });
  const search = document.querySelector("form.search");
  if (wanted && search) list.push({ group: "", label: `Search for “${typed.trim()}”`, key: "", run: () => find(search, typed.trim()) });
  return list;
}

function find(form, query) {
  form.elements.q.value = query;
  form.requestSubmit();
}
