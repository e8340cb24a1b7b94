// A link with data-dialog opens its page's confirmation as a dialog. Anything unexpected (an error, a
// sign-in page, no confirmation in the answer) falls back to going there; without an answer the page stays,
// since something may be typed on it.
import { message, offline } from "./message.js";

export function startDialogs() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-dialog]");
    if (link) {
      event.preventDefault();
      open(link);
      return;
    }
    const close = event.target.closest("[data-dialog-close]");
    const dialog = close?.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  });
}

async function open(link) {
  let content = null;
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html", "X-Part": "1" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && !answer.redirected) content = page.querySelector("[data-dialog-content]");
  } catch {
    message(offline);
    return;
  }
  if (!content) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  dialog.append(document.adoptNode(content));
  dialog.addEventListener("close", () => {
    dialog.remove();
    opener(link).focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a press on the backdrop
  });
  document.body.append(dialog);
  window.htmx?.process(dialog);
  dialog.showModal();
}

// opener is what the focus goes back to: the link, or what a live update has put in its place, or the page.
function opener(link) {
  const now = link.isConnected ? link : document.querySelector(`a[href="${CSS.escape(link.getAttribute("href"))}"]`);
  return now?.closest("details[data-menu]")?.querySelector("summary") ?? now ?? document.getElementById("main");
}
