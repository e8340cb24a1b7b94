// Drafts: what is typed in a form with data-autosave is saved a moment after the typing stops, and at once
// when the page is left: what leads to another page in this tab waits for the save, and what a save at the very
// end may not bring in time, as at a reload, the next page of this tab takes up. The answer is the line below the
// text (.draft-line), which carries the version that the next save has to know. Once another tab has changed the draft, nothing is saved until somebody
// has chosen between the two texts.
import { announce } from "./attach.js";
import { forget, leftover, remember, tidy } from "./leftover.js";

const pause = 2000; // ms after the last key
const longest = 10000; // ms of typing without a pause
const patience = 2000; // ms that leaving waits for a save; the rest is done as the page goes
const again = [5000, 60000]; // ms until a save that failed is tried again, at first and at most

const forms = new WeakMap(); // form -> { timer, since, running, wait }: wait is ms, once a save has failed

export function startDrafts() {
  document.addEventListener("input", (event) => {
    const form = event.target.matches("textarea") && event.target.closest("form[data-autosave]");
    if (form) typed(form);
  });
  // Before everything else that listens for it: a form must not be sent while its draft is on the way.
  document.addEventListener("submit", submitted, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-draft-use]");
    if (!link) return;
    event.preventDefault();
    useOther(link.closest("form"));
  });
  addEventListener("click", followed); // after all who may want the press for themselves
  tidy();
  for (const form of document.querySelectorAll("form[data-autosave]")) takeUp(form);
  document.addEventListener("visibilitychange", () => document.hidden && saveAll());
  addEventListener("pagehide", () => {
    unsaved().forEach(remember);
    saveAll();
  });
  addEventListener("online", saveAll);
  addEventListener("beforeunload", (event) => {
    if (unsaved().some(atRisk)) event.preventDefault();
  });
}

// atRisk: what is typed here stands nowhere else, and the save at leaving will fare no better.
const atRisk = (form) => (stateOf(form).wait || line(form)?.dataset.draftConflict !== undefined) && area(form).value.trim() !== "";

const stateOf = (form) => {
  if (!forms.has(form)) forms.set(form, {});
  return forms.get(form);
};
const line = (form) => form.querySelector(".draft-line");
const area = (form) => form.querySelector("textarea[name=body]");

function typed(form) {
  const state = stateOf(form);
  form.dataset.unsaved = "1";
  state.since ??= Date.now();
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), Math.max(0, Math.min(pause, state.since + longest - Date.now())));
}

const unsaved = () => [...document.querySelectorAll("form[data-autosave][data-unsaved]:not([data-sending])")];

const saveAll = () => unsaved().forEach((form) => save(form));

// toSave are the forms that leaving has to wait for. One in conflict is not saved, and beforeunload says so.
const toSave = (except) => unsaved().filter((form) => form !== except && line(form)?.dataset.draftConflict === undefined);

// saved ends once the forms are saved, or cannot be now.
function saved(list) {
  const late = new Promise((done) => setTimeout(done, patience));
  return Promise.race([Promise.all(list.map((form) => save(form))), late]);
}

// takeUp goes on with what the last page of this tab held. The page may have been read before that was saved; who wrote
// last, this form or another tab, is found out by the save, which goes by the form's old key and version.
function takeUp(form) {
  const left = leftover(form);
  if (!left || area(form).readOnly || left.body.trim() === area(form).value.trim()) return;
  form.elements.draft_version.value = left.version;
  form.elements.submission.value = left.submission;
  area(form).value = left.body;
  const tab = document.getElementById(`compose-${form.elements.kind.value}`);
  if (tab) tab.checked = true;
  form.dataset.unsaved = "1";
  save(form);
}

// followed holds a link of this tab until what is typed is saved.
function followed(event) {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || (link.target && link.target !== "_self") || link.hasAttribute("download") || !link.protocol.startsWith("http")) return;
  if (link.hash && link.href.split("#")[0] === location.href.split("#")[0]) return;
  const list = toSave();
  if (!list.length) return;
  event.preventDefault();
  saved(list).then(() => location.assign(link.href));
}

const held = new WeakSet(); // forms that have waited and are sent now

// hold keeps a form from being sent until what is typed elsewhere on the page is saved.
function hold(event) {
  const form = event.target;
  if (held.delete(form)) return false;
  const list = toSave(form);
  if (!list.length || form.dataset.sending || form.method === "dialog" || form.target || form.matches("[data-theme-form]")) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  saved(list).then(() => {
    button?.removeAttribute("aria-busy");
    if (!form.isConnected) return;
    held.add(form);
    form.requestSubmit(button?.isConnected ? button : null);
    held.delete(form); // where it was not valid
  });
  return true;
}

function submitted(event) {
  const form = event.target;
  const drafting = event.submitter?.closest("[data-draft-button]"); // leads nowhere
  if (!drafting && hold(event)) return;
  if (form.dataset.autosave === undefined) return;
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.since = undefined;
  if (!drafting && !state.running) {
    forget(form);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (drafting) press(form, drafting.dataset.draftButton);
  else state.running.finally(() => form.requestSubmit(event.submitter));
}

async function press(form, act) {
  const state = stateOf(form);
  await state.running;
  const before = area(form).value;
  if (!(await save(form, act)) || act !== "discard") return;
  area(form).value = "";
  area(form).focus();
  announce("Draft discarded");
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "btn btn-ghost btn-sm";
  undo.textContent = "Undo discard";
  undo.addEventListener("click", () => {
    fill(form, before);
    undo.remove();
    save(form);
  });
  line(form).prepend(undo);
}

function useOther(form) {
  fill(form, form.querySelector("[data-draft-other]").textContent);
  save(form, "anyway");
}

function fill(form, text) {
  area(form).value = text;
  area(form).dispatchEvent(new Event("input", { bubbles: true }));
  area(form).focus();
}

// save resolves to whether the server took it.
function save(form, act = "") {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.since = undefined;
  if (state.running) return state.running.then(() => save(form, act));
  if (!act && line(form)?.dataset.draftConflict !== undefined) return Promise.resolve(false);
  state.running = post(form, act).finally(() => (state.running = undefined));
  return state.running;
}

async function post(form, act) {
  const body = new URLSearchParams();
  for (const name of ["kind", "body", "draft_version", "submission", "from"]) body.set(name, form.elements[name]?.value ?? "");
  if (act) body.set(act, "1");
  const sent = body.get("body");
  try {
    // Browsers let no more than 64 kB outlive their page.
    const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { "X-Part": "1" }, keepalive: body.toString().length < 60000 });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".draft-line");
    if (!fresh) throw new Error("refused");
    stateOf(form).wait = 0;
    if (answer.ok && area(form).value.trim() === sent.trim()) {
      delete form.dataset.unsaved;
      forget(form);
    }
    if (form.isConnected) show(form, document.adoptNode(fresh), answer.ok);
    return answer.ok;
  } catch {
    if (form.isConnected) failed(form);
    return false;
  }
}

// show keeps the focus of who stands on a button of the line.
function show(form, fresh, ok) {
  const held = line(form).contains(document.activeElement) ? document.activeElement.dataset.draftButton : "";
  line(form).replaceWith(fresh);
  if (held) (fresh.querySelector(`[data-draft-button="${held}"]`) ?? area(form)).focus();
  if (!ok) announce("This draft was changed in another tab.");
}

// failed says so and tries again: the connection may come back, and somebody signed out may sign in in another tab.
function failed(form) {
  const state = stateOf(form);
  state.wait = Math.min((state.wait || again[0] / 2) * 2, again[1]);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => form.isConnected && form.dataset.unsaved && save(form), state.wait);
  const place = line(form);
  let text = place.querySelector(".draft-saved");
  if (!text) {
    text = document.createElement("span");
    text.className = "draft-saved";
    place.prepend(text);
  }
  text.textContent = "Draft not saved";
  text.classList.add("draft-failed");
}
