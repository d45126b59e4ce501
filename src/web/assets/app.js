// What every page may need: the summary of errors takes the focus, passwords can be shown, a form is sent once,
// a page that waits looks whether its state has changed. Every page works without.
(() => {
  "use strict";

  const POLL_EVERY = 3000;

  document.querySelector("[data-focus]")?.focus();

  for (const button of document.querySelectorAll("[data-show]")) {
    const input = document.getElementById(button.dataset.show);
    const show = (visible) => {
      input.type = visible ? "text" : "password";
      button.setAttribute("aria-pressed", String(visible));
      button.setAttribute("aria-label", visible ? button.dataset.labelHide : button.dataset.labelShow);
      button.textContent = visible ? button.dataset.hideText : button.dataset.showText;
    };
    button.hidden = false;
    button.addEventListener("click", () => show(input.type === "password"));
    // A password is never left readable, nor offered to the browser as plain text.
    input.form?.addEventListener("submit", () => show(false));
  }

  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const button = event.submitter;
      if (button?.dataset.sending) {
        button.dataset.text = button.textContent;
        button.textContent = button.dataset.sending;
        button.setAttribute("aria-busy", "true");
      }
    });
  }

  // A page that comes back from the browser's memory can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) {
      button.textContent = button.dataset.text;
      button.removeAttribute("aria-busy");
    }
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  const waiting = document.querySelector("[data-poll]");
  const look = async () => {
    // Nobody looks at a hidden page; and nothing typed is lost to a reload.
    const typed = [...document.querySelectorAll("main input:not([type=hidden])")].some((input) => input.value !== input.defaultValue);
    if (!document.hidden && !typed) {
      try {
        const answer = await fetch(waiting.dataset.poll, { headers: { accept: "application/json" }, cache: "no-store" });
        if (answer.ok && (await answer.json()).state !== waiting.dataset.state) {
          location.reload();
          return;
        }
      } catch {
        // The network is away; the next look will tell.
      }
    }
    setTimeout(look, POLL_EVERY);
  };
  if (waiting) setTimeout(look, POLL_EVERY);
})();
