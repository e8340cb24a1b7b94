// What a form still held unsaved when its page went, for the next page of the same tab: in the tab's own storage, for
// its writer alone, and not for long.
const lifetime = 2 * 60 * 1000; // ms; by then a save at leaving has come in, and others may have gone on from it
const prefix = "caseward:left:";

const keyOf = (form) => `${prefix}${form.querySelector(".draft-line")?.dataset.draftOwner}:${form.elements.kind?.value}:${form.dataset.autosave}`;

export function remember(form) {
  const left = { at: Date.now(), body: form.elements.body.value, version: form.elements.draft_version.value, submission: form.elements.submission.value };
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify(left));
  } catch {
    // Full or forbidden: then there is only the save.
  }
}

export function forget(form) {
  try {
    sessionStorage.removeItem(keyOf(form));
  } catch {
    // Forbidden: then nothing is there.
  }
}

// tidy takes away what is too old, whose it ever was.
export function tidy() {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix) && !(Date.now() - JSON.parse(sessionStorage.getItem(key)).at < lifetime)) sessionStorage.removeItem(key);
    }
  } catch {
    // Forbidden: then nothing is there.
  }
}

// leftover is what a form held, or null, and is asked once.
export function leftover(form) {
  try {
    const left = JSON.parse(sessionStorage.getItem(keyOf(form)));
    forget(form);
    return left;
  } catch {
    return null;
  }
}
