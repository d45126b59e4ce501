//! The help page.

use super::citizen::Citizen;
use crate::http::context::Context;
use crate::web::answer::{self, Answer, page};
use crate::web::halls;
use crate::web::pages::HelpPage;

pub async fn get(context: Context) -> Answer {
    let (context, chrome) = match Citizen::find(context).await? {
        Ok(citizen) => {
            let chrome = citizen.chrome();
            (citizen.context, chrome)
        }
        Err(context) => {
            let chrome = answer::chrome(&context);
            (context, chrome)
        }
    };
    page(&context, &HelpPage { chrome, halls: halls::list(&context).await? })
}
