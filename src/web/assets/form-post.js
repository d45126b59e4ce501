// Carries the answer back to the system that asked (OAuth 2.0 Form Post Response Mode); a button does it without script.
document.getElementById("form-post")?.requestSubmit();
