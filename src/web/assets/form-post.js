// Carries the answer back to the system that asked (OAuth 2.0 Form Post Response Mode); a button does it without script.
// Written in the oldest JavaScript: this page stands between every kind of browser and its system.
(function () {
  var form = document.getElementById("form-post");
  if (form) form.submit();
})();
