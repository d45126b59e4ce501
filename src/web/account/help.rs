//! The help page.

use super::citizen::Citizen;
use crate::base::Fault;
use crate::http::context::Context;
use crate::web::answer::{self, Answer, page};
use crate::web::pages::{HallPlace, HelpPage};

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
    let halls = halls(&context).await?;
    page(&context, &HelpPage { chrome, halls })
}

/// The halls that verify people.
async fn halls(_context: &Context) -> Result<Vec<HallPlace>, Fault> {
    Ok(Vec::new())
}
