//! The sandbox's inbox: the messages that a real installation would send to phones.

use super::answer::{Answer, chrome, page};
use super::pages::{InboxLine, InboxPage};
use crate::gateway::message;
use crate::http::context::Context;
use crate::http::shown::Problem;

pub async fn get(context: Context) -> Answer {
    if !context.app.settings.sandbox {
        return Err(Problem::NotFound.into());
    }
    let app = &context.app;
    let found = message::inbox(&mut app.db.read(), &app.keys).await?;
    let lines = found.into_iter().map(|(at, message)| InboxLine {
        at: at.for_people(),
        to: message.to,
        text: message.text,
        href: message.path,
    });
    page(&context, &InboxPage { chrome: chrome(&context), messages: lines.collect() })
}
