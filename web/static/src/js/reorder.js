// A button with data-move="up" or "down" moves its item (data-move-item) in the list, where without JavaScript it sends
// the form. The order is what the form sends when it is applied.
export function startReorder() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    const item = button?.closest("[data-move-item]");
    if (!item) return;
    event.preventDefault();
    if (button.dataset.move === "up") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
  });
}
