// Changing between reply and note takes what was typed and attached along, as long as there is nothing there.
import { moveFiles } from "./attach.js";

export function startComposer() {
  document.addEventListener("change", (event) => {
    if (event.target.name !== "compose") return;
    const composer = event.target.closest(".composer");
    const to = composer.querySelector(`.composer-${event.target.value} textarea`);
    const from = [...composer.querySelectorAll("textarea")].find((area) => area !== to);
    if (!to) return;
    if (from?.value && !to.value) {
      [to.value, from.value] = [from.value, ""];
      for (const area of [to, from]) area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const form of composer.querySelectorAll("form")) if (!form.contains(to)) moveFiles(form, to.form);
    if (!event.target.matches(":focus-visible")) to.focus();
  });
}
