// Puts what is at the address of w3-include-html in its element's place, as the
// well-known script does.
function includeHTML() {
  for (const element of document.querySelectorAll("[w3-include-html]")) {
    const request = new XMLHttpRequest();
    request.onload = () => {
      if (request.status === 200) element.innerHTML = request.responseText;
      if (request.status === 404) element.innerHTML = "Page not found.";
    };
    request.open("GET", element.getAttribute("w3-include-html"), true);
    request.send();
  }
}
