//! What a clerk had typed when another page came first, the lock's or the choice of a window: kept for them in this browser,
//! sealed and never in an address, until the page they typed it on is shown again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::held::Held;
use crate::base::id::StaffId;
use crate::base::{Fault, Timestamp};
use crate::crypto::seal::Place;
use crate::http::context::Context;
use crate::http::form::Form;
use crate::http::paths;
use crate::protocol::urlencoded;

/// Whether something was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Nothing,
    Typed,
}

/// Time to sign in again, also after a lock of ten minutes.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// What clerks type or choose, of whatever page. The decision is not among it: it is pressed anew.
const TYPED: [&str; 11] = [
    "code",
    "id_number",
    "id_number_again",
    "issuing_country",
    "name",
    "valid_until",
    "document",
    "face",
    "holder",
    "second_look",
    "reason",
];
/// What goes with it: which state of the visit it was typed for, and what the page chose beforehand.
const BESIDE: [&str; 2] = ["version", "id_type"];
/// Longer input is cut.
const MOST_CHARACTERS: usize = 256;

/// Keeps what this form holds, over what was kept of the clerk before.
pub async fn keep(context: &Context, clerk: &StaffId, form: &Form) -> Result<Kept, Fault> {
    let fields = fields(form, &TYPED);
    if fields.is_empty() {
        return Ok(Kept::Nothing);
    }
    let end = (context.moment.now + LIFETIME).micros();
    let beside = self::fields(form, &BESIDE);
    let plain = Zeroizing::new(format!("{end} {} {fields}{beside}", context.uri.path()));
    let (app, key) = (&context.app, key(context, clerk));
    let sealed = app.keys.seal.seal(&*context.moment.random, place(&key), &plain)?;
    app.ephemeral.put(&key, &URL_SAFE_NO_PAD.encode(sealed), LIFETIME).await?;
    Ok(Kept::Typed)
}

/// What was typed on the page of this address.
pub async fn find(context: &Context, clerk: &StaffId, path: &str) -> Result<Option<Form>, Fault> {
    let key = key(context, clerk);
    let Some(kept) = context.app.ephemeral.get(&key).await? else { return Ok(None) };
    let broken = || Fault::inconsistent("ephemeral", &key, "what a clerk typed cannot be read");
    let sealed = URL_SAFE_NO_PAD.decode(kept).map_err(|_| broken())?;
    let plain = Zeroizing::new(context.app.keys.seal.open(place(&key), &sealed)?);
    let Some(fields) = alive(&plain, context.moment.now, path) else { return Ok(None) };
    Form::parse(fields.as_bytes()).map(Some).map_err(|_| broken())
}

/// What was typed on a page of this visit, as the visit stands now.
pub async fn find_of_visit(held: &Held, page: &str) -> Result<Option<Form>, Fault> {
    let path = paths::of_visit(page, &held.visit.id);
    let found = find(held.context(), &held.seated.desk.clerk, &path).await?;
    let version = held.visit.version.to_string();
    Ok(found.filter(|form| form.get("version") == Some(&version)))
}

/// A form came through: what was kept is done with.
pub async fn forget(context: &Context, clerk: &StaffId) -> Result<(), Fault> {
    context.app.ephemeral.delete(&key(context, clerk)).await
}

fn fields(form: &Form, names: &[&str]) -> String {
    let cut = |text: &str| text.chars().take(MOST_CHARACTERS).collect::<String>();
    let given =
        |name: &&str| form.get(name).map(|typed| format!("{name}={}&", urlencoded::encode(&cut(typed))));
    names.iter().filter_map(given).collect()
}

/// Its end is kept beside it, so that it means the same whichever store keeps it.
fn alive<'a>(plain: &'a str, now: Timestamp, path: &str) -> Option<&'a str> {
    let (end, rest) = plain.split_once(' ')?;
    let (typed_at, fields) = rest.split_once(' ')?;
    let ends: i64 = end.parse().ok()?;
    (now.micros() < ends && typed_at == path).then_some(fields)
}

fn key(context: &Context, clerk: &StaffId) -> String {
    format!("hall-typed:{clerk}:{}", context.browser())
}

fn place(key: &str) -> Place<'_> {
    Place { table: "ephemeral", column: "hall-typed", row: key }
}
