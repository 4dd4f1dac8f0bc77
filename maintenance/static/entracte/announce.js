// Keeps the preview beside the form up to date, and hides what has no meaning.
const form = document.querySelector("#announce");
const button = document.querySelector("#preview-button");
const PAUSE_MILLISECONDS = 400;
let timer = 0;

function chosen(name) {
  return form.querySelector(`[name="${name}"]:checked`)?.value;
}

function arrange() {
  const everywhere = chosen("everywhere") === "yes";
  document.querySelector("#services").hidden = everywhere;
  document.querySelector("#until").hidden = chosen("ends") !== "until";
  document.querySelector("#keep").hidden = chosen("ends") === "open";
}

function preview() {
  form.requestSubmit(button);
}

form.addEventListener("input", () => {
  arrange();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE_MILLISECONDS);
});
button.hidden = true;
arrange();
preview();
