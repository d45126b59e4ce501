//! QR codes as inline SVG: one path, no style, readable in print.

use std::fmt::Write;

use fast_qr::qr::{QRBuilder, QRCode};
use fast_qr::{ECL, Module};

use crate::base::Fault;

/// Light modules around the code (ISO/IEC 18004 §9.1 asks for four).
const QUIET: usize = 4;

/// One `<svg role="img">` with `title` as its text; dark modules are one path in black on white.
///
/// Errors: `content` is longer than a QR code holds (2,331 bytes at level M).
pub fn svg(content: &str, title: &str) -> Result<String, Fault> {
    let code = QRBuilder::new(content)
        .ecl(ECL::M)
        .build()
        .map_err(|_| Fault::broken("QR code: content too long"))?;
    let side = code.size + 2 * QUIET;
    Ok(format!(
        "<svg class=\"qr\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><title>{}</title><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path fill=\"#000\" d=\"{}\"/></svg>",
        escape(title),
        dark(&code),
    ))
}

/// The dark modules, one rectangle for each run in a row.
fn dark(code: &QRCode) -> String {
    let mut path = String::new();
    for y in 0..code.size {
        let row = &code[y][..code.size];
        for (x, length) in runs(row) {
            // Writing into a String cannot fail.
            let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
        }
    }
    path
}

/// Start and length of each run of dark modules.
fn runs(row: &[Module]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in row.iter().enumerate().filter(|(_, module)| module.value()) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_every_dark_module_once() {
        let text = "https://id.example/bind/abc";
        let code = QRBuilder::new(text).ecl(ECL::M).build().unwrap();
        let dark_modules =
            (0..code.size).flat_map(|y| code[y][..code.size].iter()).filter(|m| m.value()).count();
        let drawn: usize =
            (0..code.size).flat_map(|y| runs(&code[y][..code.size])).map(|(_, length)| length).sum();
        assert_eq!(drawn, dark_modules);
    }

    #[test]
    fn is_one_image_with_its_title_escaped() {
        let svg = svg("1234", "码 <b>").unwrap();
        assert!(svg.starts_with("<svg class=\"qr\" role=\"img\""));
        assert!(svg.contains("<title>码 &lt;b&gt;</title>"));
        assert!(!svg.contains("style="));
    }

    #[test]
    fn refuses_what_no_code_holds() {
        assert!(svg(&"x".repeat(3000), "t").is_err());
    }
}
