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

export function startLive() {
  const src = document.body.dataset.liveSrc;
  if (!src || !window.EventSource) return;
  const pending = new Set();
  let wait = 1000;
  let timer = 0;
  let stream = null;
  let missed = false;

  const connect = () => {
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
      setTimeout(connect, wait * (0.5 + Math.random()));
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
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && pending.size) flush();
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

// Somebody is busy with an element when they type or tab in it, hold a selection, chose rows, opened a
// menu in it, or have scrolled below its beginning.
function isBusy(element) {
  if (element.dataset.liveQuiet !== undefined) return false; // counts and badges: nothing to lose
  if (!element.firstElementChild) return false; // emptied, and may be shown again
  if (element !== document.activeElement && element.contains(document.activeElement)) return true;
  const apart = element.dataset.liveApart !== undefined; // does not move what somebody types elsewhere
  if (!apart && isTyping(document.activeElement) && document.activeElement.closest("[data-live-guard]")) return true;
  if (element.querySelector("details[open], input:checked, dialog[open]")) return true;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return true;
  if (element.scrollTop > 40) return true;
  return element.getBoundingClientRect().top < 0;
}

// X-Part tells the server that this is no page view, so that waiting notices wait for one. An answer
// without the element (an error, a sign-in page) changes nothing.
async function swap(element, answers) {
  const url = element.dataset.liveUrl ?? location.pathname + location.search;
  if (!answers.has(url)) answers.set(url, fetchPart(url));
  const page = await answers.get(url);
  const fresh = element.id && page?.getElementById(element.id);
  if (!fresh || !element.isConnected) return;
  if (element.dataset.liveInside !== undefined) {
    if (element.innerHTML !== fresh.innerHTML) element.replaceChildren(...fresh.childNodes);
    return;
  }
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const held = element === document.activeElement;
  const scrolled = element.scrollTop;
  const adopted = document.adoptNode(fresh);
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
