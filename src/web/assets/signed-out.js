// The addresses of systems that load in frames of this page (Front-Channel Logout §3): which of them the browser has loaded is
// told to the service, and the way back to the system that asked waits for them. The script stands before the frames, so
// that no load is missed. Without it the page goes back by itself after its seconds.
(function () {
  "use strict";

  // Longer nobody is kept waiting for a system that does not answer.
  var PATIENCE = 8000;
  var loaded = [];
  var reported = 0;
  var timeIsUp = false;

  function card() {
    return document.querySelector("[data-asked]");
  }

  function allLoaded() {
    return document.readyState !== "loading" && loaded.length >= document.querySelectorAll("iframe[data-delivery]").length;
  }

  // A beacon outlives this page: the person may be gone to the system already.
  function report() {
    if (loaded.length === reported || !navigator.sendBeacon) return;
    reported = loaded.length;
    var fields = new URLSearchParams();
    fields.append("csrf", card().dataset.csrf);
    loaded.forEach(function (delivery) {
      fields.append("delivery", delivery);
    });
    navigator.sendBeacon(card().dataset.asked, fields);
  }

  function show(delivery) {
    document.querySelectorAll("[data-asking]").forEach(function (mark) {
      if (mark.dataset.asking === delivery) mark.hidden = true;
    });
    document.querySelectorAll("[data-was-asked]").forEach(function (mark) {
      if (mark.dataset.wasAsked === delivery) mark.hidden = false;
    });
  }

  function goBack() {
    report();
    var back = card().dataset.back;
    if (back) location.replace(back);
  }

  function goBackWhenDone() {
    if (timeIsUp && allLoaded()) goBack();
  }

  document.addEventListener("load", function (event) {
    var frame = event.target;
    if (frame.tagName !== "IFRAME" || loaded.indexOf(frame.dataset.delivery) >= 0) return;
    loaded.push(frame.dataset.delivery);
    show(frame.dataset.delivery);
    if (allLoaded()) report();
    goBackWhenDone();
  }, true);

  addEventListener("load", report);
  addEventListener("pagehide", report);
  document.addEventListener("DOMContentLoaded", function () {
    var seconds = Number(card().dataset.returns || 0);
    setTimeout(function () {
      timeIsUp = true;
      goBackWhenDone();
    }, seconds * 1000);
    setTimeout(goBack, Math.max(PATIENCE, seconds * 1000));
  });
})();
