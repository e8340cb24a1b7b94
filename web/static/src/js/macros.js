// A macro's link leads to the page with the reply filled in. Here that page is fetched and only the reply
// taken from it, so that what was typed and attached stays; the macro's text goes behind it.
import { message, offline } from "./message.js";

export function startMacros() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-macro]");
    if (!link) return;
    event.preventDefault();
    use(link);
  });
}

async function use(link) {
  let page = null;
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    message(offline);
    return;
  }
  const area = document.getElementById("reply-body");
  const text = page?.getElementById("reply-body")?.dataset.macroText;
  if (!area || text === undefined) {
    location.assign(link.href);
    return;
  }
  area.value = [area.value.trimEnd(), text].filter(Boolean).join("\n\n");
  for (const id of ["composer-macros", "composer-then"]) {
    document.getElementById(id)?.replaceWith(document.adoptNode(page.getElementById(id)));
  }
  const status = page.getElementById("reply-status")?.value;
  if (status) document.getElementById("reply-status").value = status;
  document.getElementById("compose-reply").checked = true;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}
