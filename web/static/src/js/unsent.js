// What was typed or chosen, is not sent and stands nowhere else: the browser asks before the page goes. These are the
// fields of forms with data-unsent (data-unsent="held": of one that came back, so that they are already in the page)
// and all chosen files. Texts with a draft are the matter of drafts.js.
import { release } from "./forms.js";
import { isChanged } from "./live.js";

const settle = 1000; // ms from the question to the page being gone, if it goes

export function startUnsent() {
  addEventListener("beforeunload", (event) => {
    const forms = [...document.querySelectorAll("form:not([data-sending], [data-uploading])")];
    if (!forms.some(isUnsent)) return;
    event.preventDefault();
    // Whoever stays may press the button again that led away.
    setTimeout(() => document.querySelectorAll("form[data-sending]").forEach(release), settle);
  });
}

function isUnsent(form) {
  if (form.querySelector(".attach-input")?.files.length) return true;
  return form.dataset.unsent === "held" || (form.dataset.unsent !== undefined && [...form.querySelectorAll("input, select, textarea")].some(isChanged));
}
