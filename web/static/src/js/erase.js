// On the page that erases a passage: a button takes what is selected in the message into the field. Without this, it is typed
// or copied by hand.
export function startErase() {
  const source = document.querySelector("[data-erase-source]");
  const field = document.querySelector("[data-erase-field]");
  const button = document.querySelector("[data-erase-take]");
  if (!source || !field || !button) return;
  let selected = "";
  button.hidden = false;
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (selection.isCollapsed || !source.contains(selection.anchorNode) || !source.contains(selection.focusNode)) return;
    selected = selection.toString().trim(); // it outlives the selection, which some browsers drop when the button is pressed
    button.disabled = selected === "";
  });
  button.addEventListener("click", () => {
    field.value = selected;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const part = field.form.querySelector("input[name=what][value=text]");
    if (part) part.checked = true;
    field.focus();
  });
}
