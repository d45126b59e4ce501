//! Codes that people type from a screen or a slip, and ids that come back in addresses.

use tongyao::base::id::{ClientId, DecoupledId, RequestId, SessionId, VisitId};
use tongyao::hall::code::VisitCode;
use tongyao::hall::continuation_code::ContinuationCode;
use tongyao::protocol::device::UserCode;

use super::pieces::{is_graphic, reached, text};

pub const PLACES: &[&str] = &["user code", "visit code", "continuation code", "id"];

pub fn run(data: &[u8]) {
    let text = text(data);
    if let Some(code) = UserCode::read(&text) {
        reached("user code");
        assert_eq!(code.letters().len(), 8);
        for again in [code.to_string(), code.letters().to_lowercase(), format!(" {} ", code.letters())] {
            assert_eq!(UserCode::read(&again).as_ref(), Some(&code), "{again}");
        }
        assert!(!format!("{code:?}").contains(code.letters()));
    }
    if let Ok(code) = VisitCode::parse(&text) {
        reached("visit code");
        for again in [code.printed(), code.digits()] {
            assert!(VisitCode::parse(&again).is_ok_and(|read| read == code), "{again}");
        }
        notices_one_wrong_character(&code.digits(), |typed| VisitCode::parse(typed).is_ok());
    }
    if let Ok(code) = ContinuationCode::parse(&text) {
        reached("continuation code");
        let printed = code.printed();
        assert!(ContinuationCode::parse(&printed).is_ok_and(|read| read == code));
        assert!(ContinuationCode::parse(&printed.to_lowercase()).is_ok_and(|read| read == code));
        notices_one_wrong_character(&printed.replace('-', ""), |typed| {
            ContinuationCode::parse(typed).is_ok()
        });
    }
    is_an_id(&text);
}

fn notices_one_wrong_character(right: &str, is_a_code: fn(&str) -> bool) {
    for (at, old) in right.char_indices() {
        let new = if old == '7' { '3' } else { '7' };
        let mut wrong = right.to_owned();
        wrong.replace_range(at..=at, new.encode_utf8(&mut [0; 4]));
        assert!(!is_a_code(&wrong), "{right} {wrong}");
    }
}

fn is_an_id(text: &str) {
    macro_rules! read {
        ($($kind:ty)*) => {$(
            if let Ok(id) = text.parse::<$kind>() {
                reached("id");
                assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
                assert!(text.len() <= 68 && is_graphic(text) && text.starts_with(<$kind>::PREFIX));
            }
        )*};
    }
    read!(SessionId RequestId VisitId ClientId DecoupledId);
}
