// What every page may need: the summary of errors takes the focus, passwords can be shown, a form is sent once and by a
// button, a refused password is not sent again by going back, a page that waits looks whether its state has changed and says
// what it has become. Every page works without.
(() => {
  "use strict";

  const POLL_EVERY = 3000;
  const SENT_FOR = 10000;
  const SAY_AFTER = 500;
  const CHANGED = "tongyao-changed";

  document.querySelector("[data-focus]")?.focus();

  // A refused password leaves an entry in the history that the browser would send again, or show an error for: Back and a
  // reload lead to the form instead.
  const refused = document.querySelector("[data-again]");
  if (refused) history.replaceState(history.state, "", refused.dataset.again);

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

  // Enter on a choice chooses nothing and would send the whole form: a consent, a decision.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("input[type=checkbox], input[type=radio]")) event.preventDefault();
  });

  const again = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.textContent = button.dataset.text;
      button.removeAttribute("aria-busy");
    }
  };

  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      // Whoever stops a slow answer may send again.
      setTimeout(() => again(form), SENT_FOR);
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
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(again);
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // Where a page has changed by itself nobody has pressed anything: what it has become is read out (WCAG 2.2 §4.1.3). A region
  // is read out when something is put into it; what stood there from the start is not.
  const changed = (act) => {
    try {
      return act(sessionStorage);
    } catch {
      return null; // Kept from us: the title still says it.
    }
  };
  if (changed((kept) => kept.getItem(CHANGED))) {
    changed((kept) => kept.removeItem(CHANGED));
    setTimeout(() => { document.querySelector("[data-became]").textContent = document.title; }, SAY_AFTER);
  }

  const waiting = document.querySelector("[data-poll]");
  const look = async () => {
    // Nobody looks at a hidden page; and nothing typed is lost to a reload.
    const typed = [...document.querySelectorAll("main input:not([type=hidden])")].some((input) => input.value !== input.defaultValue);
    if (!document.hidden && !typed) {
      try {
        const answer = await fetch(waiting.dataset.poll, { headers: { accept: "application/json" }, cache: "no-store" });
        if (answer.ok && (await answer.json()).state !== waiting.dataset.state) {
          changed((kept) => kept.setItem(CHANGED, "yes"));
          // Never a reload: where the page answered a form, the browser would send that form once more.
          location.replace(waiting.dataset.here);
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
