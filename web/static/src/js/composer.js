// Changing between reply and note takes what was typed along, as long as nothing was typed there.
export function startComposer() {
  document.addEventListener("change", (event) => {
    if (event.target.name !== "compose") return;
    const composer = event.target.closest(".composer");
    const to = composer.querySelector(`.composer-${event.target.value} textarea`);
    const from = [...composer.querySelectorAll("textarea")].find((area) => area !== to);
    if (!to) return;
    if (from && !to.value) [to.value, from.value] = [from.value, ""];
    if (!event.target.matches(":focus-visible")) to.focus();
  });
}
