// Asks the card reader bridge on the clerk's machine for a signed reading and sends it on. The nonce ties the reading to this
// visit; the server verifies the signature, so nothing the bridge says is believed here.
(() => {
  "use strict";

  const GIVE_UP_AFTER = 15000;
  const form = document.getElementById("reader");
  const button = document.getElementById("read");
  const status = document.getElementById("reader-status");
  if (!form || !button || !status) return;

  const say = (text) => {
    status.textContent = text;
    status.hidden = !text;
  };

  const ask = async () => {
    const address = new URL(form.dataset.readerUrl, location.href);
    address.searchParams.set("nonce", form.dataset.nonce);
    const answer = await fetch(address, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(GIVE_UP_AFTER) });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).reading;
  };

  const text = button.textContent;
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    say("");
    button.setAttribute("aria-busy", "true");
    button.textContent = button.dataset.reading;
    try {
      const reading = await ask();
      if (reading) {
        form.elements.reading.value = reading;
        form.requestSubmit();
        return;
      }
      say(form.dataset.empty);
    } catch {
      say(form.dataset.away);
    }
    button.removeAttribute("aria-busy");
    button.textContent = text;
  });
})();
