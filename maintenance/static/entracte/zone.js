// Tells the portal the reader's time zone, so that it can write times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const cookie = `portal_zone=${zone}`;
const isKnown = () => document.cookie.split("; ").includes(cookie);
const shown = document.querySelector("meta[name=portal-zone]")?.content;
// The answer to a form must not be asked for again, and a form that was written
// in one zone must not be read in another: there the next page tells it.
const mayTell = shown || document.body.matches(".login");

// Names of zones have no character that a cookie may not hold.
if (zone && mayTell && !isKnown()) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${cookie}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  if (shown && shown !== zone && isKnown()) location.reload();
}
