//! The specifications as pure types: parse, print, compare. Uses `base` only.
