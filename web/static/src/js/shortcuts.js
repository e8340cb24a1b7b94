// Shortcuts of a single key, for who has not turned them off (data-shortcuts): never while somebody types,
// has a menu or dialog open, or holds a modifier. Elements name theirs by data-key; moving in a list is here.
import { act, available, keyed } from "./actions.js";
import { isTyping } from "./menus.js";

const patience = 1500; // ms between g and the key after it

export function startShortcuts() {
  let before = "";
  let since = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1) return;
    if (!document.querySelector("[data-shortcuts]") || isTyping(event.target)) return;
    if (document.querySelector("dialog[open], details[data-menu][open]")) return;
    const first = event.timeStamp - since < patience ? before : "";
    before = "";
    if (!first && event.key === "g") {
      [before, since] = ["g", event.timeStamp];
      return;
    }
    const element = keyed(first ? `${first} ${event.key}` : event.key);
    if (element && !event.repeat) {
      event.preventDefault();
      act(element);
    } else if (!element && !first && inList(event.key)) {
      event.preventDefault();
    }
  });
}

// inList moves the focus along the rows of a list, opens one or selects it; it reports whether it did.
function inList(key) {
  const rows = [...document.querySelectorAll("a[data-row]")].filter(available);
  const current = document.activeElement?.closest("tr, li");
  const at = rows.findIndex((row) => row === document.activeElement || (current && row.closest("tr, li") === current));
  if (key === "j" || key === "k") {
    const next = key === "j" ? rows[at + 1] : rows[at < 0 ? rows.length - 1 : at - 1];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    return Boolean(next);
  }
  if (at < 0) return false;
  if (key === "o") {
    rows[at].click();
    return true;
  }
  const box = key === "x" && rows[at].closest("tr, li").querySelector("input[type=checkbox]");
  box?.click?.();
  return Boolean(box);
}
