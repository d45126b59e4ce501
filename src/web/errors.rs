//! Every refusal explained for the engineers of departments: a list, and a page for each (`error_uri` leads there).

use serde::Deserialize;

use super::answer::{Answer, chrome, page};
use super::pages::{ErrorCodePage, ErrorCodesPage};
use crate::http::address::{Path, Query};
use crate::http::context::Context;
use crate::http::shown::Problem;
use crate::protocol::Refusal;

pub async fn list(context: Context) -> Answer {
    page(&context, &ErrorCodesPage { chrome: chrome(&context) })
}

#[derive(Deserialize, Default)]
pub struct Asked {
    txn: Option<String>,
}

pub async fn one(context: Context, Path(number): Path, Query(asked): Query<Asked>) -> Answer {
    let number = number.parse().ok().filter(|_| number.len() == 6);
    let refusal = number.and_then(Refusal::of_number).ok_or(Problem::NotFound)?;
    page(&context, &ErrorCodePage::of(chrome(&context), refusal).about(asked.txn.filter(|txn| is_txn(txn))))
}

/// What a request is named; nothing else from an address stands on a page of ours.
fn is_txn(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
