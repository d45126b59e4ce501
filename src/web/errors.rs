//! Every refusal explained for the engineers of departments: a list, and a page for each (`error_uri` leads there).

use super::answer::{Answer, chrome, page};
use super::pages::{ErrorCodePage, ErrorCodesPage};
use crate::http::address::Path;
use crate::http::context::Context;
use crate::http::shown::Problem;
use crate::protocol::Refusal;

pub async fn list(context: Context) -> Answer {
    page(&context, &ErrorCodesPage { chrome: chrome(&context) })
}

pub async fn one(context: Context, Path(number): Path) -> Answer {
    let number = number.parse().ok().filter(|_| number.len() == 6);
    let refusal = number.and_then(Refusal::of_number).ok_or(Problem::NotFound)?;
    page(&context, &ErrorCodePage::of(chrome(&context), refusal))
}
