//! Authorization details (RFC 9396): read, printed, and never wider than what was granted. Three lines, each a list.

use tongyao::protocol::Details;
use tongyao::protocol::resource::is_resource;

use super::pieces::{is_graphic, lines, reached};

pub const PLACES: &[&str] = &["read", "covered", "chain"];

pub fn run(data: &[u8]) {
    let read = lines::<3>(data).map(|line| line.parse::<Details>().ok());
    for details in read.iter().flatten() {
        reached("read");
        comes_back_as_it_was(details);
        assert!(details.cover(details) && details.cover(&Details::default()));
        assert!(Details::default().cover(details) == details.is_empty());
    }
    let [one, two, three] = &read;
    if let (Some(one), Some(two)) = (one, two) {
        let joined = one.joined(two);
        assert!(joined.cover(one) && joined.cover(two));
        assert!(joined.iter().count() <= 64);
        if one.cover(two) {
            reached("covered");
            assert_eq!(&joined, one);
        }
        if let Some(three) = three.as_ref().filter(|three| one.cover(two) && two.cover(three)) {
            reached("chain");
            assert!(one.cover(three), "{one:?} covers {two:?} covers {three:?}");
        }
    }
}

fn comes_back_as_it_was(details: &Details) {
    let printed = serde_json::to_string(details).unwrap();
    assert_eq!(printed.parse::<Details>().as_ref(), Ok(details));
    assert_eq!(Details::of_values(&details.to_values()).as_ref(), Ok(details));
    assert!((1..=16).contains(&details.iter().count()) && printed.len() <= 64 * 1024);
    assert!(details.types().split(' ').count() <= 3);
    for detail in details.iter() {
        assert!(!detail.actions.is_empty());
        assert!(detail.locations.iter().all(|one| is_resource(one) && is_graphic(one)), "{detail:?}");
        // Requests are kept in the clear: no number of a person may stand in one.
        let number = detail.identifier.as_deref().unwrap_or_default();
        assert!(is_graphic(number) && number.len() <= 64);
        assert!(tongyao::identity::ResidentNumber::parse(number, far()).is_err(), "{number}");
    }
}

fn far() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2999, 12, 31).unwrap()
}
