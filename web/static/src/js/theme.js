// Applies a chosen theme at once and tells the server, which keeps it in a cookie.
export function startTheme() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    const button = event.submitter;
    if (!form || !button) return;
    event.preventDefault();
    const root = document.documentElement;
    if (button.value === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", `caseward-${button.value}`);
    for (const other of form.querySelectorAll("button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const body = new URLSearchParams({ theme: button.value, back: "/" });
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  });
}
