//! Who people and enterprises are, with or without an account.
