// Notices stay until dismissed; the button to dismiss them is hidden where this does not run.
export function startNotices() {
  const show = (root) => {
    for (const button of root.querySelectorAll("[data-dismiss][hidden]")) button.hidden = false;
  };
  show(document);
  document.addEventListener("htmx:load", (event) => show(event.target));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dismiss]");
    if (!button) return;
    const notice = button.closest("[data-notice]");
    const next = notice.nextElementSibling?.querySelector("[data-dismiss]") ?? document.getElementById("main");
    notice.remove();
    next?.focus({ preventScroll: true });
  });
}
