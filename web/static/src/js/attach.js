// Files on forms. The browser's own file field works without any of this; here it becomes a button with a
// list, takes what is dropped on the form or pasted into its text, and a form with files is sent by
// upload.js so that there is progress to see.
import { send } from "./upload.js";

const kept = new WeakMap(); // file field -> its files, since choosing again would replace them

export function startAttach() {
  readyFiles(document);
  document.addEventListener("change", (event) => {
    if (event.target.matches(".attach-input")) addFiles(event.target, event.target.files);
  });
  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove-file]");
    if (remove) removeFile(remove);
  });
  document.addEventListener("paste", paste);
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) document.addEventListener(kind, drag);
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector?.(".attach-input");
    if (event.defaultPrevented || !field?.files.length) return;
    event.preventDefault();
    send(event.target, event.submitter, field);
  });
}

// readyFiles prepares the file fields of a part that is new on the page.
export function readyFiles(root) {
  for (const part of root.querySelectorAll("[data-attach]:not([data-ready])")) part.dataset.ready = "1";
}

// addFiles adds files to a field, as far as they fit.
export function addFiles(field, list) {
  const part = field.closest("[data-attach]");
  const limit = Number(part.dataset.attachLimit);
  const all = [...(kept.get(field) ?? [])];
  const refused = [];
  for (const file of list) {
    if (all.some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified)) continue;
    if (total(all) + file.size > limit) refused.push(file.name);
    else all.push(file);
  }
  put(field, all);
  const problem = `Too large together with the others, so not attached: ${refused.join(", ")}.`;
  say(part, refused.length ? problem : "");
  const note = part.querySelector(".attach-warning")?.textContent ?? "";
  announce(refused.length ? problem : `${count(all.length)} attached. ${note}`.trim());
}

// moveFiles gives one form's files to another that has none.
export function moveFiles(from, to) {
  const [source, target] = [from, to].map((form) => form?.querySelector(".attach-input"));
  if (!source?.files.length || !target || target.files.length) return;
  put(target, [...source.files]);
  put(source, []);
}

// say shows what went wrong with the files of a form; "" takes it away.
export function say(part, problem) {
  part.querySelector(".attach-problem")?.remove();
  part.querySelector(".field-error")?.remove();
  if (!problem) return;
  const line = document.createElement("p");
  line.className = "field-error attach-problem";
  line.textContent = problem;
  part.append(line);
}

export function announce(text) {
  const status = document.getElementById("live-status");
  if (status) status.textContent = text;
}

const total = (files) => files.reduce((sum, file) => sum + file.size, 0);
const count = (n) => (n === 1 ? "1 file" : `${n} files`);

function put(field, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  field.files = transfer.files;
  kept.set(field, files);
  const list = field.closest("[data-attach]").querySelector(".attach-list");
  list.replaceChildren(...files.map(item));
  list.hidden = files.length === 0;
  warn(field, files.length);
}

// warn says of the files of a form whose text is kept as a draft that they are not.
function warn(field, n) {
  const part = field.closest("[data-attach]");
  part.querySelector(".attach-warning")?.remove();
  if (!n || !field.closest("form[data-autosave]")) return;
  const line = document.createElement("p");
  line.className = "attach-warning";
  line.textContent = "Files are not saved with the draft: they are lost if you leave this page before you send.";
  part.append(line);
}

function item(file, index) {
  const line = document.createElement("li");
  line.className = "attach-item";
  const name = document.createElement("span");
  name.className = "attach-name";
  name.textContent = file.name;
  const size = document.createElement("span");
  size.className = "attach-size";
  size.textContent = bytes(file.size);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "attach-remove";
  remove.dataset.removeFile = index;
  remove.setAttribute("aria-label", `Remove ${file.name}`);
  remove.title = "Remove";
  remove.textContent = "×";
  line.append(name, size, remove);
  return line;
}

function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${Math.round(n / 1000)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

function removeFile(button) {
  const part = button.closest("[data-attach]");
  const field = part.querySelector(".attach-input");
  const at = Number(button.dataset.removeFile);
  const rest = kept.get(field).filter((_, i) => i !== at);
  put(field, rest);
  say(part, "");
  announce(`${count(rest.length)} attached`);
  (part.querySelectorAll("[data-remove-file]")[Math.min(at, rest.length - 1)] ?? field).focus();
}

// Pasted pictures are files; of what a word processor copies, text and picture of it, the text is meant.
function paste(event) {
  const field = event.target.closest?.("form[data-drop]")?.querySelector(".attach-input");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!field || !files.length || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  addFiles(field, files.map(named));
}

// Browsers call every pasted picture image.png.
function named(file) {
  if (file.name !== "image.png") return file;
  const at = new Date().toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  return new File([file], `pasted-${at}.png`, { type: file.type, lastModified: file.lastModified });
}

// A file that misses the form would replace the page, and what was typed on it: nothing happens instead.
function drag(event) {
  if (![...(event.dataTransfer?.types ?? [])].includes("Files") || !document.querySelector("form[data-drop]")) return;
  event.preventDefault();
  const form = dropForm(event.target);
  for (const lit of document.querySelectorAll("[data-dropping]")) if (lit !== form) delete lit.dataset.dropping;
  event.dataTransfer.dropEffect = form ? "copy" : "none";
  if (!form) return;
  if (event.type === "drop" || (event.type === "dragleave" && !form.contains(event.relatedTarget))) delete form.dataset.dropping;
  else form.dataset.dropping = "1";
  if (event.type === "drop") addFiles(form.querySelector(".attach-input"), event.dataTransfer.files);
}

// dropForm is the form that a place on the page stands for: around the composer, the one of its two that is shown.
function dropForm(at) {
  const inside = at.closest?.("form[data-drop]");
  const shown = [...(at.closest?.(".composer")?.querySelectorAll("form[data-drop]") ?? [])].find((form) => form.checkVisibility());
  const form = inside ?? shown;
  return form && form.dataset.shut === undefined && form.querySelector(".attach-input") ? form : null;
}
