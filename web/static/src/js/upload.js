// Sends a form with files and shows how far it is. What the browser does with a form by itself stays as it is:
// after success the next page, otherwise the same one with what is wrong. Only the files, which no page can
// fill in again, are kept here.
import { addFiles, announce, readyFiles, say } from "./attach.js";
import { prepare } from "./forms.js";
import { rememberLive } from "./live.js";

export function send(form, submitter, field) {
  if (form.dataset.uploading) return;
  form.dataset.uploading = "1";
  const part = field.closest("[data-attach]");
  say(part, "");
  const request = new XMLHttpRequest();
  const bar = progress(request);
  part.append(bar.box);
  announce("Sending the files");
  const end = (problem) => {
    bar.box.remove();
    delete form.dataset.uploading;
    delete form.dataset.sending;
    for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    say(part, problem);
    announce(problem);
  };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.show(event.loaded / event.total);
  });
  request.addEventListener("error", () => end("The connection broke, so nothing was sent. Try again."));
  request.addEventListener("abort", () => end("Cancelled. Nothing was sent."));
  request.addEventListener("load", () => {
    const next = request.getResponseHeader("X-Location");
    if (next) leave(form, next);
    else if (request.status === 401) end("You are signed out, so nothing was sent. Sign in in another tab, then send it again here.");
    else {
      const problem = replaceMain(form, field, request.responseText);
      if (problem) end(problem);
    }
  });
  request.open("POST", form.action);
  request.setRequestHeader("X-Send", "1");
  request.setRequestHeader("Accept", "text/html");
  request.send(new FormData(form, submitter));
}

function progress(request) {
  const box = document.createElement("div");
  box.className = "attach-progress";
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.max = 100;
  bar.setAttribute("aria-label", "Sending the files");
  const text = document.createElement("span");
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "btn btn-ghost btn-sm";
  cancel.textContent = "Cancel";
  cancel.addEventListener("click", () => request.abort());
  box.append(bar, text, cancel);
  const show = (share) => {
    bar.value = Math.round(share * 100);
    text.textContent = share < 1 ? `${bar.value} %` : "Saving …";
    cancel.hidden = share === 1; // it may be stored already
  };
  show(0);
  return { box, show };
}

// leave goes to the page that follows. Where that is this very page, the browser would only move down on it.
function leave(form, path) {
  for (const area of form.querySelectorAll("textarea")) area.value = "";
  const next = new URL(path, location.href);
  if (next.pathname + next.search !== location.pathname + location.search) {
    location.assign(next);
    return;
  }
  history.scrollRestoration = "manual"; // to the message instead
  history.replaceState(null, "", next);
  location.reload();
}

// replaceMain shows the page that came back, with the files still there. A page without the form (an error) does not
// replace it and what was typed in it: then the result is what that page says.
function replaceMain(form, field, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.getElementById("main");
  if (![...(main?.querySelectorAll("form") ?? [])].some((one) => one.getAttribute("action") === form.getAttribute("action"))) {
    const said = [...(main?.querySelectorAll("h1, h1 ~ p, h2, h2 ~ p") ?? [])].slice(0, 2).map((part) => part.textContent.trim());
    return `${said.length ? said.join(": ") : "That did not work."} Nothing was sent; your text and files are still here.`;
  }
  const files = [...field.files];
  const hint = document.getElementById(`${field.id}-hint`)?.textContent;
  document.title = page.title;
  const fresh = document.adoptNode(main);
  document.getElementById("main").replaceWith(fresh);
  rememberLive(fresh);
  readyFiles(fresh);
  prepare(fresh);
  const again = document.getElementById(field.id) ?? fresh.querySelector(".attach-input");
  if (again) {
    const problem = again.closest("[data-attach]").querySelector(".field-error")?.textContent.trim();
    addFiles(again, files);
    if (problem) say(again.closest("[data-attach]"), problem);
    const line = document.getElementById(`${again.id}-hint`);
    if (hint && line) line.textContent = hint;
  }
  window.htmx?.process(fresh);
  fresh.querySelector("[data-focus]")?.scrollIntoView({ block: "nearest" });
  return "";
}
