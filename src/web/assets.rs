//! Stylesheet, scripts and icons, embedded in the program and addressed by their content.

use std::borrow::Cow;

use rust_embed::RustEmbed;

use crate::http::paths;

/// Bytes of the content hash that go into an address: enough that no two versions of a file ever share one.
const HASH_BYTES: usize = 8;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Files;

/// One asset as it is sent.
#[derive(Debug, Clone)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub content_type: &'static str,
    /// Hexadecimal hash of the content, for `ETag` and `?v=`.
    pub version: String,
}

/// The address of an asset: `/assets/app.css?v=<hash>`; safe to cache for ever.
pub fn url(path: &str) -> String {
    match Files::get(path) {
        Some(file) => format!("{}/{path}?v={}", paths::ASSETS, version(&file)),
        None => format!("{}/{path}", paths::ASSETS),
    }
}

/// The asset at a path below `/assets/`, if there is one.
pub fn find(path: &str) -> Option<Asset> {
    let content_type = content_type(path)?;
    let file = Files::get(path)?;
    let version = version(&file);
    Some(Asset { bytes: file.data, content_type, version })
}

fn version(file: &rust_embed::EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Only the kinds we make ourselves are ever served.
fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_the_hash_of_the_content() {
        let asset = find("app.css").unwrap();
        assert_eq!(url("app.css"), format!("/assets/app.css?v={}", asset.version));
        assert_eq!(asset.version.len(), 16);
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
    }

    /// Where a page answered a form, the browser would send that form once more.
    #[test]
    fn no_script_reloads_the_page_it_is_on() {
        for path in Files::iter().filter(|path| path.ends_with(".js")) {
            let script = Files::get(&path).unwrap();
            assert!(!String::from_utf8_lossy(&script.data).contains(".reload("), "{path}");
        }
    }

    #[test]
    fn finds_nothing_outside_the_folder() {
        for path in ["", "app", "../mod.rs", "app.css/", "/app.css", "nothing.css", "..%2fmod.rs"] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
