(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector) => document.querySelector(selector);
  const navigation = performance.getEntriesByType("navigation")[0];
  const told = {};
  for (const { name, description } of navigation?.serverTiming || []) told[name] = description;

  // Times, in the visitor's zone and in their variety of the page's language.
  const base = root.lang.split("-")[0];
  const locale =
    navigator.languages.find((tag) => tag.split("-")[0] === base) ||
    (root.lang === "en" ? "en-GB" : root.lang);
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

  function showTimes() {
    const now = new Date();
    for (const time of document.querySelectorAll(".when time")) {
      const at = new Date(time.dateTime);
      time.title ||= time.textContent;
      time.textContent = moment(at, now);
      const beside = time.nextElementSibling;
      if (beside) beside.textContent = distance(at, now);
    }
    const line = one(".line");
    if (!line) return;
    const opens = Date.parse(one(".when").dataset.opens);
    const closes = Date.parse(one(".end time").dateTime);
    const done = (now - opens) / (closes - opens);
    line.style.setProperty("--done", Math.min(Math.max(done, 0), 1));
    line.hidden = false;
  }

  // What support asks for. None of it is in the page itself, which is the same
  // for everybody.
  const loadedAt = new Date();
  function showDetails() {
    const known = { time: loadedAt.toISOString(), address: location.href, id: told.id };
    for (const [name, value] of Object.entries(known)) {
      const place = one(`[data-part=${name}]`);
      place.textContent = value || "";
      place.parentElement.hidden = !value;
    }
    const copy = one(".copy");
    const words = copy.textContent;
    copy.hidden = !navigator.clipboard;
    copy.addEventListener("click", async () => {
      const lines = [...document.querySelectorAll(".support > div:not([hidden])")];
      const text = lines.map((line) => [...line.children].map((e) => e.textContent).join(": "));
      await navigator.clipboard.writeText(text.join("\n"));
      copy.textContent = copy.dataset.done;
      setTimeout(() => { copy.textContent = words; }, 3000);
    });
  }

  // News: the same address, asked as a program would. The mark of a page is its
  // header; where that is missing the service itself has answered.
  const EVERY = 20000, AT_MOST = 300000;
  let pause = EVERY, timer = 0, isOver = false;
  const body = document.body;
  const news = one(".news");
  const say = (name) => { news.textContent = name ? news.dataset[name] : ""; };
  // A reload must not send again what was sent once.
  const wasSent = Boolean(told.method);

  // A redirect is an answer of the service, wherever it leads. What follows the
  // question mark may be good for one visit, which is the visitor's own.
  const ask = (accept) =>
    fetch(location.origin + location.pathname, {
      headers: { Accept: accept }, cache: "no-store", redirect: "manual",
    });

  function isOurs(answer) {
    if (answer.headers.has("X-Maintenance")) return true;
    if (answer.status < 500) comeBack();
    else throw new Error("neither this page nor the service answers");
    return false;
  }

  async function look() {
    const answer = await ask("application/problem+json");
    if (!isOurs(answer)) return;
    const fresh = await answer.json();
    const isOld =
      String(fresh.revision) !== body.dataset.revision ||
      fresh.reason !== body.dataset.reason ||
      (body.dataset.state === "until" && Date.parse(fresh.ends_at) <= Date.now());
    if (isOld) await renew();
  }

  async function renew() {
    const answer = await ask("text/html");
    if (!isOurs(answer)) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A visitor's clock may be ahead: what is over here goes on there.
    const facts = Object.entries(page.body.dataset);
    const main = page.querySelector("main");
    // A site of the team's own, another design, or other fixed words and their direction.
    const isOther =
      page.body.dataset.reason === undefined ||
      page.documentElement.lang !== root.lang ||
      page.querySelector("style")?.textContent !== one("style").textContent;
    if (!main || isOther) return leave("changed");
    if (!facts.some(([name, value]) => body.dataset[name] !== value)) return;
    one("main").replaceWith(main);
    document.title = page.title;
    Object.assign(body.dataset, page.body.dataset);
    one("[data-part=code]").textContent = body.dataset.code;
    one(".promise").hidden = isForGood();
    showTimes();
    say("changed");
  }

  const comeBack = () => leave(wasSent ? "posted" : "back");

  // To what stands at this address now, unless that would send something again.
  function leave(word) {
    isOver = true;
    say(word);
    const go = one(".go");
    go.firstElementChild.href = location.href;
    go.hidden = false;
    if (wasSent) return;
    // Everybody would otherwise return in the same second.
    setTimeout(() => location.reload(), Math.random() * 30000);
  }

  // A page that is not there will not be there later.
  function isForGood() {
    const code = Number(body.dataset.code);
    return code < 500 && ![408, 425, 429].includes(code);
  }

  async function turn() {
    try {
      await look();
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, AT_MOST);
      if (!navigator.onLine) say("offline");
    }
    plan();
  }

  function plan(soon) {
    clearTimeout(timer);
    if (isOver || document.hidden || isForGood()) return;
    timer = setTimeout(turn, soon ?? pause * (0.75 + Math.random() / 2));
  }

  showTimes();
  showDetails();
  setInterval(showTimes, 30000);
  one(".promise").hidden = isForGood();
  if (isForGood()) return;
  document.addEventListener("visibilitychange", () => plan(Math.random() * 3000));
  addEventListener("online", () => { say(); plan(Math.random() * 3000); });
  addEventListener("offline", () => say("offline"));
  plan();
})();
