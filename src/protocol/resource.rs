//! Resource indicators (RFC 8707): the addresses of services that a token is for.

use url::Url;

use super::params::Params;
use super::refusal::Refusal;

const MOST_RESOURCES: usize = 8;
const MOST_CHARACTERS: usize = 2048;

/// Whether a text can name a resource: an absolute URI without a fragment (RFC 8707 §2). A URI is visible ASCII (RFC 3986
/// §2); the URL parser would forgive others, and tokens would carry them.
pub fn is_resource(text: &str) -> bool {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    text.len() <= MOST_CHARACTERS && visible && Url::parse(text).is_ok()
}

/// Every `resource` of a request, each once.
pub fn read(params: &Params) -> Result<Vec<String>, Refusal> {
    let mut resources: Vec<String> = Vec::new();
    for text in params.all("resource") {
        if resources.iter().any(|known| known == text) {
            continue;
        }
        if resources.len() == MOST_RESOURCES || !is_resource(text) {
            return Err(Refusal::ResourceInvalid);
        }
        resources.push(text.to_owned());
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_few_absolute_addresses() {
        let read = |query: &str| read(&Params::parse(query).unwrap());
        let two = read("resource=https://a.example/&resource=urn:x:y&resource=https://a.example/");
        assert_eq!(two, Ok(vec!["https://a.example/".to_owned(), "urn:x:y".to_owned()]));
        assert_eq!(read("scope=openid"), Ok(Vec::new()));
        let many: String = (0..9).map(|number| format!("resource=https://a/{number}&")).collect();
        for bad in [
            "resource=/x",
            "resource=https://a/%23f",
            "resource=a",
            "resource=https://a/%7f",
            "resource=+https://a/",
            "resource=https://a%0a/",
            &many,
        ] {
            assert_eq!(read(bad), Err(Refusal::ResourceInvalid), "{bad}");
        }
    }
}
