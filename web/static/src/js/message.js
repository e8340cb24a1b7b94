// A message to the person at the screen, where no page comes back that could say it.
export function message(text) {
  const place = document.getElementById("notices");
  if (!place) return;
  place.querySelector("[data-message]")?.remove();
  const notice = document.createElement("div");
  notice.className = "notice notice-danger";
  notice.dataset.notice = "";
  notice.dataset.message = "";
  const body = document.createElement("div");
  body.className = "notice-body";
  const line = document.createElement("p");
  line.className = "notice-text";
  line.textContent = text;
  body.append(line);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-ghost btn-sm notice-close";
  close.dataset.dismiss = "";
  close.textContent = "Dismiss";
  notice.append(body, close);
  place.append(notice);
  notice.scrollIntoView({ block: "nearest" });
}

export const offline = "The connection broke. Nothing was changed, and what you wrote is still here. Try again in a moment.";
