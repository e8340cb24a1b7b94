// Who else is on a case. An open page says every few seconds that it is there and what is typed in (never
// what is typed), and gets who else is; changes in between come as live updates. A page in the background
// says nothing, as if it were closed.
const key = crypto.getRandomValues(new Uint32Array(3)).join("-");

let doing = "viewing";
let typedAt = 0; // when it was last said that somebody types
let idle = 0;
let beat = 0; // runs while this page says that it is there
let ended = false;

export function startPresence() {
  if (!document.getElementById("case-live")) return;
  document.addEventListener("input", (event) => {
    const form = event.target.matches("textarea") && event.target.closest(".composer form[data-autosave]");
    if (form) typing(form.elements.kind.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.closest(".composer")) rest();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : start()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && start());
  // The thread was fetched again: what is new in it has been seen, and the case is shown to this person.
  document.addEventListener("caseward:fresh", (event) => {
    if (event.target.id !== "case-live") return;
    const seen = document.querySelector("#reply-form [name=last_message_id]");
    if (seen) seen.value = event.target.dataset.newest;
    ended = false;
    if (!beat) start();
  });
  start();
}

const region = () => document.querySelector("[data-presence]");
const every = (name) => Number(region()?.dataset[name] ?? 15) * 1000;

function start() {
  pause();
  if (ended || document.hidden || !region()) return; // nobody is told who is on a deleted case
  beat = setInterval(say, every("presenceEvery"));
  say();
}

function pause() {
  clearInterval(beat);
  beat = 0;
}

function leave() {
  if (!beat) return;
  pause();
  clearTimeout(idle);
  doing = "viewing";
  typedAt = 0;
  const to = region();
  if (to) navigator.sendBeacon(to.dataset.presence, new URLSearchParams({ tab: key, doing: "" }));
}

// typing says so at the first key and then now and then, and that it is over after a pause.
function typing(kind) {
  clearTimeout(idle);
  idle = setTimeout(rest, every("presenceTyping") + 1000);
  if (doing === kind && Date.now() - typedAt < every("presenceTyping")) return;
  doing = kind;
  typedAt = Date.now();
  say();
}

function rest() {
  clearTimeout(idle);
  if (doing === "viewing") return;
  doing = "viewing";
  typedAt = 0;
  say();
}

async function say() {
  const to = region();
  if (!to || ended || document.hidden) return;
  let fresh = null; // offline, refused or signed out: who is there is not known
  try {
    const answer = await fetch(to.dataset.presence, { method: "POST", body: new URLSearchParams({ tab: key, doing }), headers: { "X-Part": "1" } });
    if (answer.ok) fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("case-presence");
    else if (answer.status === 403 || answer.status === 404) end();
  } catch {
    // The next one tells.
  }
  const now = region();
  if (now && now.innerHTML !== (fresh?.innerHTML ?? "")) now.replaceChildren(...(fresh?.childNodes ?? []));
}

// end: the case is deleted or gone, or not shown to this person any more, until it is fetched again.
function end() {
  ended = true;
  pause();
}
