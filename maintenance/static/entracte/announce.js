// Keeps the preview beside the form up to date, and hides what has no meaning.
const form = document.querySelector("#announce");
const button = document.querySelector("#preview-button");
const frames = document.querySelector("#frames");
const PAUSE_MILLISECONDS = 400;
let timer = 0;
let count = 0;

function chosen(name) {
  return form.querySelector(`[name="${name}"]:checked`)?.value;
}

function arrange() {
  const everywhere = chosen("everywhere") === "yes";
  document.querySelector("#services").hidden = everywhere;
  document.querySelector("#until").hidden = chosen("ends") !== "until";
  document.querySelector("#keep").hidden = chosen("ends") === "open";
}

// A new frame each time: it shows itself when it is finished, and, unlike a frame
// that is used again, it adds nothing to what the browser's Back button goes through.
function preview() {
  const frame = frames.lastElementChild.cloneNode();
  frame.name = `preview-${++count}`;
  frame.addEventListener("load", () => {
    while (frames.firstElementChild !== frame) frames.firstElementChild.remove();
  });
  frames.append(frame);
  button.formTarget = frame.name;
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
