// Menus are details elements. They close by Escape, by a press outside, when another opens and after a
// choice; arrow keys move in them.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      const chosen = event.target.closest(".menu-item");
      if (!menu.contains(event.target) || (chosen && menu.contains(chosen))) menu.open = false;
    }
  });
  document.addEventListener("toggle", (event) => {
    const opened = event.target;
    if (!opened.matches?.("details[data-menu]") || !opened.open) return;
    for (const menu of openMenus()) {
      if (menu !== opened && !menu.contains(opened)) menu.open = false;
    }
    keepOnScreen(opened);
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]") ?? openMenus()[0];
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = [...menu.querySelectorAll("a[href], button:not(:disabled)")];
      const at = items.indexOf(document.activeElement);
      const step = event.key === "ArrowDown" ? 1 : -1;
      items.at(at < 0 && step < 0 ? -1 : (at + step) % items.length)?.focus();
      event.preventDefault();
    }
  });
  keepScroll();
}

// A menu near the left edge of a phone would hang out of the page: let it hang from the other side.
function keepOnScreen(menu) {
  const list = menu.querySelector(".menu-list");
  if (!list) return;
  menu.classList.remove("menu-flip");
  const box = list.getBoundingClientRect();
  if (box.left < 0) menu.classList.add("menu-start");
  else if (box.right > document.documentElement.clientWidth) menu.classList.remove("menu-start");
}

export function isTyping(element) {
  return Boolean(element?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]"));
}

// A long sidebar must not jump to its top with every page.
function keepScroll() {
  const boxes = () => document.querySelectorAll("[data-keep-scroll]"); // live updates replace them
  const key = (box) => `scroll:${box.dataset.keepScroll}`;
  for (const box of boxes()) box.scrollTop = Number(sessionStorage.getItem(key(box)) ?? 0);
  addEventListener("pagehide", () => {
    for (const box of boxes()) sessionStorage.setItem(key(box), String(box.scrollTop));
  });
}
