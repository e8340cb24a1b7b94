// What can be done on this page, read from its links, buttons and fields: so the command palette and the
// keys offer what the page offers this person, and nothing else.
//   data-palette="Reply"     offered by this name, or without a value by its own text
//   data-palette-menu="X"    a menu: each of its entries is offered as "X: entry"
//   data-palette-choices     a form: each choice of its select fields is offered as "Field: choice"
//   data-palette-focus="id"  what has the focus afterwards
//   data-key="r", "g i"      its key, or two one after the other
const text = (element) => (element.querySelector(".nav-label, .menu-item-label") ?? element).textContent.trim().replace(/\s+/g, " ");

export function available(element) {
  if (element.disabled || element.closest("[hidden], [inert], dialog")) return false;
  return !element.form?.matches("[data-selection]") || Boolean(document.querySelector("input.row-check:checked"));
}

export function keyed(key) {
  return [...document.querySelectorAll("[data-key]")].find((el) => el.dataset.key === key && available(el));
}

// act does what a press on the element does, or opens its menu.
export function act(element) {
  if (element.dataset.paletteMenu !== undefined) {
    const menu = element.querySelector("details");
    menu.open = true;
    (menu.querySelector(".menu-item") ?? menu.querySelector("summary")).focus();
  } else if (element.matches("input[type=search]")) {
    element.focus();
    element.select();
  } else {
    element.click();
  }
  const next = document.getElementById(element.dataset.paletteFocus ?? "");
  next?.focus();
}

export function actions() {
  const list = [];
  const add = (group, label, element, run) => list.push({ group, label, key: element.dataset.key ?? "", run: run ?? (() => act(element)) });
  const offered = (selector) => [...document.querySelectorAll(selector)].filter(available);
  for (const el of offered("main [data-palette]")) add("", el.dataset.palette || el.title || text(el), el);
  for (const el of offered("main [data-palette-menu]")) {
    for (const item of el.querySelectorAll(".menu-item")) add(el.dataset.paletteMenu, text(item), item);
  }
  for (const form of offered("main form[data-palette-choices]")) {
    for (const field of form.querySelectorAll("select")) {
      for (const option of field.options) {
        if (!option.defaultSelected) add(text(field.labels[0]), option.text, option, () => choose(form, field.name, option.value));
      }
    }
  }
  for (const el of offered("a[data-row]")) add("Open", text(el), el);
  for (const el of offered(".sidebar a.nav-item")) add("Go to", text(el), el);
  for (const el of offered("#bell")) add("Go to", "Notifications", el);
  for (const el of offered(".user-menu .menu-item")) add("", text(el), el);
  return list;
}

// choose sends one field of a form, with what the form hides: what else was changed in it is not saved along.
function choose(form, name, value) {
  const one = form.cloneNode(false);
  one.hidden = true;
  for (const field of form.querySelectorAll("input[type=hidden]")) one.append(field.cloneNode());
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  one.append(field);
  document.body.append(one);
  one.requestSubmit(); // so that what is typed on the page is saved first
}
