// The OP iframe of OpenID Connect Session Management 1.0 §3.2: a page of a client asks whether the sign-in it knows is still
// the one of this browser. Nothing is asked of the service. SHA-256 stands here because crypto.subtle is missing where a
// page is not a secure context, and because its answer would come later than the next question. Written in the oldest
// JavaScript: it runs in the pages of others.
(function () {
  "use strict";

  var MOST = 1024;
  var COOKIE = (location.protocol === "https:" ? "__Host-" : "") + "tongyao_state=";

  var K = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ];

  function turned(word, by) {
    return (word >>> by) | (word << (32 - by));
  }

  // FIPS 180-4 §6.2, of ASCII text, in hexadecimal digits.
  function sha256(text) {
    var length = text.length;
    var count = (((length + 8) >> 6) + 1) * 16;
    var words = [];
    var at;
    for (at = 0; at < count; at += 1) words[at] = 0;
    for (at = 0; at < length; at += 1) words[at >> 2] |= text.charCodeAt(at) << (24 - (at % 4) * 8);
    words[length >> 2] |= 0x80 << (24 - (length % 4) * 8);
    words[count - 1] = length * 8;
    var hash = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    var w = [];
    for (var block = 0; block < count; block += 16) {
      var t;
      for (t = 0; t < 64; t += 1) {
        if (t < 16) {
          w[t] = words[block + t];
        } else {
          var s0 = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ (w[t - 15] >>> 3);
          var s1 = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ (w[t - 2] >>> 10);
          w[t] = (s1 + w[t - 7] + s0 + w[t - 16]) | 0;
        }
      }
      var a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
      for (t = 0; t < 64; t += 1) {
        var big1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
        var first = (h + big1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
        var big0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
        var second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
      }
      var added = [a, b, c, d, e, f, g, h];
      for (at = 0; at < 8; at += 1) hash[at] = (hash[at] + added[at]) | 0;
    }
    var digits = "";
    for (at = 0; at < 8; at += 1) digits += ("0000000" + (hash[at] >>> 0).toString(16)).slice(-8);
    return digits;
  }

  function browserState() {
    var pairs = document.cookie.split("; ");
    for (var at = 0; at < pairs.length; at += 1) {
      if (pairs[at].indexOf(COOKIE) === 0) return pairs[at].slice(COOKIE.length);
    }
    return "";
  }

  function answer(message, origin) {
    if (typeof message !== "string" || message.length > MOST || !/^[\x21-\x7e]+ [0-9a-f]{64}\.[\w-]+$/.test(message)) {
      return "error";
    }
    var parts = message.split(" ");
    var salt = parts[1].split(".")[1];
    var now = sha256(parts[0] + " " + origin + " " + browserState() + " " + salt) + "." + salt;
    return now === parts[1] ? "unchanged" : "changed";
  }

  addEventListener("message", function (event) {
    // A page without an origin of its own cannot be the client's (§3.2).
    if (!event.source || event.origin === "null") return;
    event.source.postMessage(answer(event.data, event.origin), event.origin);
  });
})();
