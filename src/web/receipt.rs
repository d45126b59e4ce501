//! The page where anyone verifies a receipt; it says nothing of the person.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;

use super::answer::{Answer, chrome, page};
use super::pages::{ReceiptPage, ReceiptState};
use crate::base::id::ReceiptId;
use crate::base::{Fault, Timestamp};
use crate::hall::receipt::{self, Receipt, ReceiptState as Known};
use crate::http::address::Path;
use crate::http::context::Context;

pub async fn get(context: Context, Path(id): Path) -> Answer {
    match find(&context, &id).await? {
        Some(receipt) => page(&context, &shown(&context, &receipt)),
        None => {
            let mut response =
                page(&context, &ReceiptPage { chrome: chrome(&context), ..Default::default() })?;
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
    }
}

async fn find(context: &Context, id: &str) -> Result<Option<Receipt>, Fault> {
    let Ok(id) = id.parse::<ReceiptId>() else { return Ok(None) };
    let app = &context.app;
    receipt::find(&app.db, &app.keys, &context.moment, &id).await
}

fn shown(context: &Context, receipt: &Receipt) -> ReceiptPage {
    let claims = &receipt.claims;
    ReceiptPage {
        chrome: chrome(context),
        state: match receipt.state {
            Known::Valid => ReceiptState::Valid,
            Known::Revoked => ReceiptState::Repudiated,
            Known::NotConfirmed => ReceiptState::Broken,
        },
        id: receipt.id.to_string(),
        level: claims.level,
        at: Timestamp::from_seconds(claims.verified_at).for_people(),
        hall: claims.hall_name.clone(),
        evidence_hash: hexadecimal(&claims.evidence_sha256),
    }
}

/// The digest as people compare it; what is no base64url stays as it stands in the receipt.
fn hexadecimal(base64url: &str) -> String {
    match URL_SAFE_NO_PAD.decode(base64url) {
        Ok(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => base64url.to_owned(),
    }
}
