//! The sandbox's card reader: a sample card is laid on it, and the window's page reads it, signed as a real one would.

pub mod cards;

use std::time::Duration;

use axum::Json;
use axum::response::IntoResponse;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, chrome, page};
use super::messages::Reader;
use super::pages::{ReaderPage, SampleCard};
use crate::base::Fault;
use crate::gateway::CardReaders;
use crate::gateway::card_reader::{Reading, TYPE};
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::shown::Problem;
use crate::identity::mask;

#[derive(Deserialize)]
pub struct Asked {
    nonce: Option<String>,
}

/// One reader for the whole installation, as there is one on a desk.
const KEY: &str = "sandbox-reader";
const LIES: Duration = Duration::from_secs(12 * 3600);
const DEVICE: &str = "sandbox-reader";
const LONGEST_NONCE: usize = 128;

pub async fn get(context: Context) -> Answer {
    only_in_sandbox(&context)?;
    show(&context, None).await
}

/// Lays a card on the reader, or takes it away.
pub async fn post(Posted { context, form }: Posted) -> Answer {
    only_in_sandbox(&context)?;
    let m = Reader(context.locale);
    let done = match form.get("card") {
        Some(id) => {
            let card = cards::find(id).ok_or(Problem::BadRequest)?;
            context.app.ephemeral.put(KEY, card.id, LIES).await?;
            m.done()
        }
        None => {
            context.app.ephemeral.delete(KEY).await?;
            m.cleared()
        }
    };
    show(&context, Some(done)).await
}

/// What the bridge on a clerk's machine answers: a reading, signed, for the visit that gave out the nonce.
pub async fn card(context: Context, Query(asked): Query<Asked>) -> Answer {
    only_in_sandbox(&context)?;
    let CardReaders::Simulated(signer) = &context.app.readers else { return Err(Problem::NotFound.into()) };
    let nonce = asked.nonce.filter(|nonce| (1..=LONGEST_NONCE).contains(&nonce.len()));
    let nonce = nonce.ok_or(Problem::BadRequest)?;
    let Some(card) = lying(&context).await?.and_then(|id| cards::find(&id)) else {
        let nothing = (StatusCode::NOT_FOUND, Json(json!({ "error": "no_card" })));
        return Ok(context.finish(nothing.into_response()));
    };
    let reading =
        Reading { nonce, iat: context.moment.now.seconds(), device: DEVICE.to_owned(), card: card.on_chip() };
    let signed = signer.sign(TYPE, &reading)?;
    Ok(context.finish(Json(json!({ "reading": signed })).into_response()))
}

fn only_in_sandbox(context: &Context) -> Result<(), Problem> {
    if context.app.settings.sandbox { Ok(()) } else { Err(Problem::NotFound) }
}

async fn lying(context: &Context) -> Result<Option<String>, Fault> {
    context.app.ephemeral.get(KEY).await
}

async fn show(context: &Context, done: Option<&str>) -> Answer {
    let line = |card: &cards::Sample| SampleCard {
        id: card.id.to_owned(),
        name: card.name.to_owned(),
        kind: match card.note(context.locale) {
            "" => card.kind.label(context.locale).to_owned(),
            note => format!("{} · {note}", card.kind.label(context.locale)),
        },
        number_masked: mask::id_number(card.number),
    };
    let drawn = ReaderPage {
        chrome: chrome(context),
        cards: cards::ALL.iter().map(line).collect(),
        lying: lying(context).await?,
        done: done.map(str::to_owned),
    };
    page(context, &drawn)
}
