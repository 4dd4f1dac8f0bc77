(() => {
  "use strict";
  const when = document.querySelector(".when");
  const line = when.querySelector(".line");
  // The visitor's own variety of the page's language knows how they write times.
  const language = document.documentElement.lang;
  const base = language.split("-")[0];
  const locale =
    navigator.languages.find((tag) => tag.split("-")[0] === base) ||
    (language === "en" ? "en-GB" : language);
  const distances = new Intl.RelativeTimeFormat(locale);

  function moment(at, now) {
    const wanted = { hour: "numeric", minute: "2-digit", timeZoneName: "short" };
    if (at.toDateString() !== now.toDateString()) {
      Object.assign(wanted, { weekday: "long", day: "numeric", month: "long" });
      if (at.getFullYear() !== now.getFullYear()) wanted.year = "numeric";
    }
    return new Intl.DateTimeFormat(locale, wanted).format(at);
  }

  function distance(at, now) {
    const minutes = (at - now) / 60000;
    const size = Math.abs(minutes);
    if (size < 90) return distances.format(Math.ceil(minutes) || -1, "minute");
    if (size < 2160) return distances.format(Math.round(minutes / 60), "hour");
    return distances.format(Math.round(minutes / 1440), "day");
  }

  function show() {
    const now = new Date();
    for (const time of when.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.title ||= time.textContent;
      time.textContent = moment(at, now);
      time.nextElementSibling.textContent = distance(at, now);
      if (line) {
        const opens = Date.parse(when.dataset.opens);
        const done = (now - opens) / (at - opens);
        line.style.setProperty("--done", Math.min(Math.max(done, 0), 1));
        line.hidden = false;
      }
    }
  }

  show();
  setInterval(show, 30000);
})();
