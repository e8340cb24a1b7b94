// A case that is deleted, moved to spam or merged while somebody writes on it: live.js replaces the part
// that says so, and here the composer follows it. What was typed stays where it is, to be copied or sent
// after a restore.
export function startStanding() {
  document.addEventListener("caseward:fresh", (event) => {
    if (event.target.id === "case-standing") follow(event.target);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-quiet]")) return;
    event.preventDefault();
    post(event.target);
  });
  addEventListener("beforeunload", (event) => {
    const kept = [...document.querySelectorAll(".composer-form[data-shut][data-unsaved]:not([data-sending]) textarea")];
    if (kept.some((area) => area.value.trim())) event.preventDefault();
  });
}

function follow(standing) {
  const shut = standing.dataset.shut ?? "";
  let reopened = false;
  for (const kind of ["reply", "note"]) {
    const form = document.getElementById(`${kind}-form`);
    if (!form) continue;
    const now = shut === "all" || shut === kind;
    reopened ||= !now && form.dataset.shut !== undefined;
    form.toggleAttribute("data-shut", now);
    form.querySelector("textarea").readOnly = now;
    form.querySelector("[data-send-button]").disabled = now;
    const empty = form.querySelector("textarea").value.trim() === "";
    for (const button of standing.querySelectorAll(`[data-draft="${kind}"]`)) {
      button.hidden = empty || (button.dataset.copy !== undefined && !navigator.clipboard);
    }
  }
  const status = document.getElementById("live-status");
  if (reopened && status) status.textContent = "You can write again.";
}

// The answer is a page that nobody is to go to: what it would say comes as a live update.
async function post(form) {
  let done = false;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    done = answer.ok || answer.type === "opaqueredirect";
  } catch {
    // Offline: said below.
  }
  const part = form.closest("[data-live]");
  if (done) document.dispatchEvent(new CustomEvent("caseward:changed", { detail: part.dataset.live }));
  else part.querySelector(".notice-detail").textContent = "That did not work. Copy what you wrote, then reload the page.";
}
