// A checkbox in data-check-all="FORM" checks every box of that form, and shows when some or all are checked. The
// link beside it does the same with a new page, for where this does not run.
export function startCheckAll() {
  const part = document.querySelector("[data-check-all]");
  if (!part) return;
  const form = document.getElementById(part.dataset.checkAll);
  const master = part.querySelector("input");
  const boxes = () => [...form.elements].filter((el) => el.type === "checkbox");
  const show = () => {
    const checked = boxes().filter((box) => box.checked).length;
    master.checked = checked === boxes().length;
    master.indeterminate = checked > 0 && !master.checked;
  };
  part.hidden = false;
  part.nextElementSibling.hidden = true;
  master.addEventListener("change", () => {
    for (const box of boxes()) box.checked = master.checked;
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form) show();
  });
  addEventListener("pageshow", show); // the browser may have kept the checks
}
