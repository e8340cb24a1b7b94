// Choosing rows of a list: how many are chosen, all of the page, none, and a range with Shift. Without this
// the checkboxes and their form work by themselves.
export function startSelection() {
  prepare(document);
  document.addEventListener("caseward:fresh", (event) => prepare(event.target));
  addEventListener("pageshow", () => prepare(document)); // the browser may have kept the checks
  document.addEventListener("change", (event) => {
    if (event.target.matches("input.row-check")) count(event.target.form);
  });
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("input.row-check");
    if (box) {
      if (event.shiftKey && last?.isConnected) range(last, box);
      last = box;
      return;
    }
    const all = event.target.closest?.("[data-selection-all]");
    const none = event.target.closest?.("[data-selection-none]");
    if (all || none) check((all ?? none).form, Boolean(all));
  });
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-selection]")) {
    for (const button of form.querySelectorAll("[data-selection-all], [data-selection-none]")) button.hidden = false;
    count(form);
  }
}

function boxes(form) {
  return [...form.elements].filter((el) => el.matches("input.row-check"));
}

function check(form, on) {
  const list = boxes(form);
  for (const box of list) box.checked = on;
  if (!on) {
    for (const matching of form.querySelectorAll("input[name=all]")) matching.checked = false;
    list[0]?.focus(); // the bar is gone now
  }
  count(form);
}

function range(from, to) {
  const list = boxes(to.form);
  const [a, b] = [list.indexOf(from), list.indexOf(to)].sort((x, y) => x - y);
  if (a < 0) return;
  for (const box of list.slice(a, b + 1)) box.checked = to.checked;
}

function count(form) {
  const chosen = boxes(form).filter((box) => box.checked).length;
  const text = form.querySelector("[data-selection-count]");
  if (text) text.textContent = chosen ? `${chosen} selected` : "";
}
