// Live updates. The body's data-live-src streams topics ("case:7", "list", "all"). An element with
// data-live="list" or data-live="case:7" is fetched again (from its data-live-url, or this page) and
// replaced, matched by its id. What somebody reads or types in is never moved: then a pill says that
// there is news, and they press it when they are ready. Parts with data-live-first come first; one that
// comes back with data-live-stop="case:7" ends the updates of the other parts of that topic, and with
// data-live-clear it empties them: they show what this person may not see any more. Of one with data-live-inside
// only what is in it is replaced, so that screen readers read it out.
// "caseward:fresh" is dispatched on what was replaced; "caseward:changed" (detail: a topic) makes the
// page look again by itself.
import { isTyping } from "./menus.js";

const settle = 400; // ms; a bulk action sends many topics at once
const spread = 400; // ms; not all open pages ask at the same moment
const grace = 15000; // ms; a page that is out of sight for longer gives its connection back

export function startLive() {
  const src = document.body.dataset.liveSrc;
  if (!src || !window.EventSource) return;
  const pending = new Set();
  let wait = 1000;
  let timer = 0;
  let stream = null;
  let missed = false;
  let away = 0;

  const connect = () => {
    if (document.hidden) {
      missed = true; // until it is looked at
      return;
    }
    stream?.close();
    stream = new EventSource(src);
    stream.onopen = () => {
      wait = 1000;
      if (missed) note("all");
      missed = false;
    };
    stream.onmessage = (event) => note(event.data);
    stream.onerror = () => {
      missed = true;
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again itself
      const broken = stream;
      setTimeout(() => broken === stream && connect(), wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, 60000);
    };
  };
  const note = (topic) => {
    pending.add(topic);
    if (!document.hidden && !timer) timer = setTimeout(flush, settle + Math.random() * spread);
  };
  const flush = async () => {
    clearTimeout(timer);
    timer = 0;
    const topics = [...pending];
    pending.clear();
    const answers = new Map(); // one request for all parts of one page
    const wanted = (part) => [...document.querySelectorAll(part)].filter((el) => topics.some((topic) => wants(el, topic)));
    await Promise.all(wanted("[data-live-first]").map((element) => refresh(element, answers)));
    for (const element of wanted("[data-live]:not([data-live-first])")) {
      if (!stopped(element)) refresh(element, answers);
    }
  };
  document.addEventListener("caseward:changed", (event) => note(event.detail));
  // Over HTTP/1.1 a browser has six connections for all tabs of a site, and each stream holds one.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (document.hidden) {
      away = setTimeout(() => {
        stream?.close();
        missed = true;
      }, grace);
      return;
    }
    if (!stream || stream.readyState === EventSource.CLOSED) connect();
    if (pending.size) flush();
  });
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    missed = true; // whatever happened while the page was put away
    connect();
  });
  connect();
}

function wants(element, topic) {
  const names = element.dataset.live.split(" ");
  return topic === "all" || names.includes(topic) || (topic.startsWith("case:") && names.includes("list"));
}

// stopped reports whether a part has seen its last update, and takes away what it offers to show.
function stopped(element) {
  const stops = [...document.querySelectorAll("[data-live-stop]")];
  const stop = stops.find((el) => element.dataset.live.split(" ").includes(el.dataset.liveStop));
  if (!stop) return false;
  document.getElementById(`${element.id}-news`)?.remove();
  if (stop.dataset.liveClear !== undefined) element.replaceChildren();
  return true;
}

async function refresh(element, answers) {
  if (!isBusy(element)) {
    await swap(element, answers);
    return;
  }
  const id = `${element.id}-news`;
  if (document.getElementById(id)) return;
  const fresh = await fetched(element, answers);
  if (!fresh || !element.isConnected || document.getElementById(id) || essence(fresh) === shown.get(element)) return;
  const pill = document.createElement("button");
  pill.type = "button";
  pill.id = id;
  pill.className = "live-pill";
  pill.textContent = element.dataset.liveLabel ?? "New mail: show";
  pill.addEventListener("click", async () => {
    pill.remove();
    await swap(element, new Map());
    const fresh = document.getElementById(element.id);
    fresh?.scrollIntoView({ block: "nearest" });
    if (fresh) hold(fresh); // the pill had the focus and is gone
  });
  element.before(pill);
  const status = document.getElementById("live-status");
  if (status) status.textContent = pill.textContent;
}

// shown is the essence of what each live part came with: what scripts did to it since is no change.
const shown = new WeakMap();

// rememberLive comes before all that changes a page, or a part that is new on it.
export function rememberLive(root) {
  for (const element of root.querySelectorAll("[data-live]")) shown.set(element, essence(element));
}

// essence is a part without what differs each time it is asked for: how long ago something was, keys of forms.
function essence(element) {
  const copy = element.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.replaceChildren();
  for (const key of copy.querySelectorAll("input[name=submission]")) key.remove();
  return copy.innerHTML;
}

// Somebody is busy with an element when they type or tab in it, hold a selection, chose rows, changed a
// field or opened a menu in it, or have scrolled below its beginning.
function isBusy(element) {
  if (element.dataset.liveQuiet !== undefined) return false; // counts and badges: nothing to lose
  if (!element.firstElementChild) return false; // emptied, and may be shown again
  if (element !== document.activeElement && element.contains(document.activeElement)) return true;
  const apart = element.dataset.liveApart !== undefined; // does not move what somebody types elsewhere
  if (!apart && isTyping(document.activeElement) && document.activeElement.closest("[data-live-guard]")) return true;
  if (element.querySelector("details[open], input:checked, dialog[open]")) return true;
  if ([...element.querySelectorAll("input, select, textarea")].some(isChanged)) return true;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return true;
  if (element.scrollTop > 40) return true;
  return element.getBoundingClientRect().top < 0;
}

// isChanged reports a field that holds something else than what came with the page.
export function isChanged(field) {
  if (field.matches("select")) {
    const options = [...field.options];
    const preset = options.some((option) => option.defaultSelected);
    return options.some((option, i) => option.selected !== (preset || field.multiple ? option.defaultSelected : i === 0));
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

// X-Part tells the server that this is no page view, so that waiting notices wait for one. An answer
// without the element (an error, a sign-in page) changes nothing.
async function fetched(element, answers) {
  const url = element.dataset.liveUrl ?? location.pathname + location.search;
  if (!answers.has(url)) answers.set(url, fetchPart(url));
  return element.id && (await answers.get(url))?.getElementById(element.id);
}

async function swap(element, answers) {
  const fresh = await fetched(element, answers);
  if (!fresh || !element.isConnected) return;
  if (element.dataset.liveInside !== undefined) {
    if (element.innerHTML !== fresh.innerHTML) element.replaceChildren(...fresh.childNodes);
    return;
  }
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const held = element === document.activeElement;
  const scrolled = element.scrollTop;
  const adopted = document.adoptNode(fresh);
  shown.set(adopted, essence(adopted));
  rememberLive(adopted);
  element.replaceWith(adopted);
  adopted.scrollTop = scrolled;
  if (held) hold(adopted);
  if (focused) adopted.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  window.htmx?.process(adopted);
  adopted.dispatchEvent(new CustomEvent("caseward:fresh", { bubbles: true }));
}

// hold keeps the place of who moves by keyboard: the next Tab goes on from this part.
function hold(part) {
  part.setAttribute("tabindex", "-1");
  part.focus({ preventScroll: true });
}

// fetchPart is null when offline or refused: the next event tries again.
async function fetchPart(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html", "X-Part": "1" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}
