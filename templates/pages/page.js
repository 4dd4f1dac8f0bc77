(() => {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const one = (selector) => document.querySelector(selector);
  const navigation = performance.getEntriesByType("navigation")[0];
  const told = {};
  for (const { name, description } of navigation?.serverTiming || []) told[name] = description;

  // Times, in the visitor's zone and in their variety of the page's language.
  let locale, distances;
  function speak() {
    const base = root.lang.split("-")[0];
    locale =
      navigator.languages.find((tag) => tag.split("-")[0] === base) ||
      (root.lang === "en" ? "en-GB" : root.lang);
    distances = new Intl.RelativeTimeFormat(locale);
  }

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

  // What support asks for. Most of it is not in the page itself, which is the
  // same for everybody.
  const loadedAt = new Date();
  function showDetails() {
    const known = {
      code: body.dataset.code,
      time: loadedAt.toISOString(),
      address: location.href,
      id: told.id,
    };
    for (const [name, value] of Object.entries(known)) {
      const place = one(`[data-part=${name}]`);
      place.textContent = value || "";
      place.parentElement.hidden = !value;
    }
  }

  function offerCopy() {
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
  const say = (name) => {
    const news = one(".news");
    const words = name ? news.dataset[name] : "";
    // What is said twice is read out twice.
    if (news.textContent !== words) news.textContent = words;
  };
  // A reload must not send again what was sent once.
  const wasSent = Boolean(told.method);

  // A query may be a link's that works once, and asking would use it up. Only
  // addresses of this portal's own are chosen by theirs.
  const isReserved = location.pathname.startsWith("/.maintenance/");
  const address = isReserved ? location.href : location.href.split(/[?#]/)[0];

  // A redirect is an answer of the service, wherever it leads.
  const ask = (accept) =>
    fetch(address, { headers: { Accept: accept }, cache: "no-store", redirect: "manual" });

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
    const to = page.documentElement;
    // A site of somebody's own is not like this page at all.
    if (!page.body.dataset.revision) return leave("changed");
    // A visitor's clock may be ahead: what is over here goes on there.
    const facts = Object.entries(page.body.dataset);
    if (facts.every(([name, value]) => body.dataset[name] === value)) return;
    // Another style would break this page's policy.
    const style = page.querySelector("style").textContent;
    if (!wasSent && style !== one("style").textContent) return leave("changed");
    const isSpoken = to.lang === root.lang;
    for (const part of isSpoken ? ["main"] : ["header", "main", ".next", "footer"])
      one(part).replaceWith(page.querySelector(part));
    document.title = page.title;
    Object.assign(root, { lang: to.lang, dir: to.dir });
    Object.assign(body.dataset, page.body.dataset);
    show();
    if (!isSpoken) offerCopy();
    say("changed");
  }

  function comeBack() {
    isOver = true;
    leave(wasSent ? "posted" : "back");
  }

  function leave(word) {
    say(word);
    const go = one(".go");
    go.firstElementChild.href = location.href;
    go.hidden = false;
    if (wasSent) return;
    isOver = true;
    // Everybody would otherwise return in the same second.
    setTimeout(() => location.reload(), Math.random() * 30000);
  }

  // A page that is not there will not be there later.
  function isFinal() {
    const code = Number(body.dataset.code);
    return code < 500 && ![408, 425, 429].includes(code);
  }

  const isWaiting = () => !isOver && !isFinal();

  function show() {
    speak();
    showTimes();
    showDetails();
    one(".promise").hidden = !isWaiting();
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
    if (!isWaiting() || document.hidden) return;
    timer = setTimeout(turn, soon ?? pause * (0.75 + Math.random() / 2));
  }

  show();
  offerCopy();
  setInterval(showTimes, 30000);
  document.addEventListener("visibilitychange", () => plan(Math.random() * 3000));
  addEventListener("online", () => {
    if (!isWaiting()) return;
    say();
    plan(Math.random() * 3000);
  });
  addEventListener("offline", () => { if (isWaiting()) say("offline"); });
  plan();
})();
