//! Pages for people, one file per page.
