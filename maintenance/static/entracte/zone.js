// Tells the portal the reader's time zone, so that it can write times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.cookie.split("; ").find((each) => each.startsWith("portal_zone="));
// Names of zones have no character that a cookie may not hold.
if (zone && known !== `portal_zone=${zone}`) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `portal_zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
