// Forms: Ctrl+Enter sends, a second press of the same button does not, textareas grow, and a form that
// came back with errors starts with its summary.
export function startForms() {
  prepare(document);
  document.addEventListener("htmx:load", (event) => prepare(event.target));
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-autosize]")) grow(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form[data-send]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("[data-send-button]") ?? form.querySelector("button[type=submit]");
    if (button && !button.disabled) form.requestSubmit(button);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-select]")) event.target.select(); // a text to copy
  });
  document.addEventListener("submit", guard, true);
  document.addEventListener("htmx:afterRequest", (event) => release(event.detail.elt));
  // The page may come back from the browser's memory with its forms still marked.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) release(form);
  });
}

// prepare makes a part that is new on the page ready.
export function prepare(root) {
  for (const area of root.querySelectorAll("textarea[data-autosize]")) grow(area);
  const first = root.querySelector("[data-focus]:not(.notices)") ?? root.querySelector(".notices[data-focus]");
  first?.focus({ preventScroll: first.matches(".notices") });
}

// Browsers with field-sizing grow textareas themselves.
function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.rows = Math.min(20, Math.max(Number(area.rows), area.value.split("\n").length + 1));
}

// Only POST forms can do harm twice. The button is not disabled, since a disabled one is not sent. It
// listens before htmx does, so that a second press does not reach it either.
function guard(event) {
  const form = event.target;
  if (form.method !== "post" || form.matches("[data-theme-form]")) return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => {
    if (event.defaultPrevented && !form.matches(".htmx-request, [data-uploading]")) release(form); // nothing was sent
  });
  setTimeout(() => release(form), 15000); // a download answers without a new page
}

// release lets a form be sent again.
export function release(element) {
  const form = element?.closest?.("form[data-sending]");
  if (!form || form.dataset.uploading) return;
  delete form.dataset.sending;
  for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
}
