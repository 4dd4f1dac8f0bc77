// Shows the theme as it stands in the form, without saving it.
const panel = document.querySelector(".theme-preview");
const button = document.querySelector("#preview-button");
const form = button.form;
const frames = document.querySelector("#frames");
const notes = document.querySelector("#preview-notes");
const PAUSE_MILLISECONDS = 400;
const DESKTOP_PIXELS = 1280;
let timer = 0;
let count = 0;

function arrange() {
  const wanted = (name) => form.elements[`preview-${name}`].value;
  panel.querySelector(".look-code").hidden = wanted("situation") !== "error";
  panel.dataset.width = wanted("width");
  // A desktop's page is wider than its place here: it is shown smaller.
  const scale = wanted("width") === "desktop" ? Math.min(frames.clientWidth / DESKTOP_PIXELS, 1) : 1;
  frames.style.setProperty("--scale", scale);
}

// The answer is asked for twice: its headers tell what no page says about itself,
// and only a navigation gives the frame the page's own policy. A new frame each time
// shows itself when it is finished.
async function preview() {
  const mine = ++count;
  const frame = frames.lastElementChild.cloneNode();
  frame.name = `theme-preview-${mine}`;
  frame.addEventListener("load", () => {
    while (frames.firstElementChild !== frame) frames.firstElementChild.remove();
  });
  frames.append(frame);
  button.formTarget = frame.name;
  form.requestSubmit(button);
  const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form) });
  if (mine === count) notes.textContent = answer.headers.get("X-Preview-Notes") ?? "";
}

form.addEventListener("input", () => {
  arrange();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE_MILLISECONDS);
});
addEventListener("resize", arrange);
button.hidden = true;
arrange();
preview();
