// The addresses of systems that load in frames of this page (Front-Channel Logout §3): which of them the browser has loaded is
// told to the service, and the way back to the system that asked waits for them. The script stands before the frames, so
// that no load is missed. Without it the page goes back by itself after its seconds.
(() => {
  "use strict";

  // Longer nobody is kept waiting for a system that does not answer.
  const PATIENCE = 8000;
  const loaded = [];
  let reported = 0;
  let timeIsUp = false;

  const card = () => document.querySelector("[data-asked]");
  const allLoaded = () => document.readyState !== "loading" && loaded.length >= document.querySelectorAll("iframe[data-delivery]").length;

  // A beacon outlives this page: the person may be gone to the system already.
  const report = () => {
    if (loaded.length === reported || !navigator.sendBeacon) return;
    reported = loaded.length;
    const fields = new URLSearchParams();
    fields.append("csrf", card().dataset.csrf);
    loaded.forEach((delivery) => fields.append("delivery", delivery));
    navigator.sendBeacon(card().dataset.asked, fields);
  };

  const show = (delivery) => {
    document.querySelectorAll("[data-asking]").forEach((mark) => {
      if (mark.dataset.asking === delivery) mark.hidden = true;
    });
    document.querySelectorAll("[data-was-asked]").forEach((mark) => {
      if (mark.dataset.wasAsked === delivery) mark.hidden = false;
    });
  };

  const goBack = () => {
    report();
    const back = card().dataset.back;
    if (back) location.replace(back);
  };

  const goBackWhenDone = () => {
    if (timeIsUp && allLoaded()) goBack();
  };

  document.addEventListener("load", (event) => {
    const frame = event.target;
    if (frame.tagName !== "IFRAME" || loaded.indexOf(frame.dataset.delivery) >= 0) return;
    loaded.push(frame.dataset.delivery);
    show(frame.dataset.delivery);
    if (allLoaded()) report();
    goBackWhenDone();
  }, true);

  addEventListener("load", report);
  addEventListener("pagehide", report);
  document.addEventListener("DOMContentLoaded", () => {
    const seconds = Number(card().dataset.returns || 0);
    setTimeout(() => {
      timeIsUp = true;
      goBackWhenDone();
    }, seconds * 1000);
    setTimeout(goBack, Math.max(PATIENCE, seconds * 1000));
  });
})();
