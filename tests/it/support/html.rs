//! Just enough of HTML to read our pages: tags with their attributes, the text between them, forms.

/// A piece of a page.
pub enum Piece {
    Open(Tag),
    Close(String),
    Text(String),
}

/// An opening tag.
pub struct Tag {
    pub name: String,
    attributes: Vec<(String, String)>,
}

/// A form with what a browser would send of it.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub action: String,
    controls: Vec<Control>,
    fields: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
struct Control {
    kind: Kind,
    name: String,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its value is the person's to change.
    Typed,
    /// Its value is the page's: a button, a box to tick, a hidden input.
    Given,
}

impl Tag {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

impl Form {
    /// Whether the form has a control for each of these.
    pub fn takes(&self, fields: &[(&str, &str)]) -> bool {
        fields.iter().all(|(name, value)| {
            self.controls.iter().any(|control| {
                control.name == *name && (control.kind == Kind::Typed || control.value == *value)
            })
        })
    }

    /// What would be sent of a name.
    pub fn value(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// Presses a button, which is sent beside whatever else has its name.
    pub fn press(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// Empties a box, or leaves an input out.
    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|(known, _)| known != name);
    }

    pub fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn add(&mut self, tag: &Tag) {
        let Some(name) = tag.attribute("name") else { return };
        let value = tag.attribute("value").unwrap_or_default();
        let kind = tag.attribute("type").unwrap_or_default();
        let box_or_radio = matches!(kind, "checkbox" | "radio");
        let given = tag.name == "button" || kind == "hidden" || box_or_radio;
        let sent = tag.name != "button" && (!box_or_radio || tag.has("checked"));
        self.controls.push(Control {
            kind: if given { Kind::Given } else { Kind::Typed },
            name: name.to_owned(),
            value: value.to_owned(),
        });
        if sent {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// The forms of a page, in order.
pub fn forms(page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open: Option<Form> = None;
    for piece in pieces(page) {
        match (piece, &mut open) {
            (Piece::Open(tag), _) if tag.name == "form" => {
                let action = tag.attribute("action").unwrap_or_default().to_owned();
                open = Some(Form { action, ..Form::default() });
            }
            (Piece::Open(tag), Some(form)) => form.add(&tag),
            (Piece::Close(name), _) if name == "form" => forms.extend(open.take()),
            _ => {}
        }
    }
    forms
}

/// The first tag of this name.
pub fn find(page: &str, name: &str) -> Option<Tag> {
    all(page, name).into_iter().next()
}

/// The value of the first attribute of this name, in whatever tag.
pub fn attribute(page: &str, name: &str) -> Option<String> {
    pieces(page).into_iter().find_map(|piece| match piece {
        Piece::Open(tag) => tag.attribute(name).map(str::to_owned),
        _ => None,
    })
}

/// Every tag of this name.
pub fn all(page: &str, name: &str) -> Vec<Tag> {
    let tags = pieces(page).into_iter().filter_map(|piece| match piece {
        Piece::Open(tag) if tag.name == name => Some(tag),
        _ => None,
    });
    tags.collect()
}

/// What a person reads, words one space apart.
pub fn text(page: &str) -> String {
    let texts = pieces(page).into_iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person reads in the paragraph with this id.
pub fn text_of(page: &str, id: &str) -> Option<String> {
    let after = page.split_once(&format!("id=\"{id}\">"))?.1;
    Some(text(after.split("</p>").next()?))
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            pieces.push(Piece::Text(unescape(&rest[..at])));
        }
        rest = &rest[at + 1..];
        let end = end_of_tag(rest);
        let (inside, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        pieces.extend(piece(inside));
        rest = after;
    }
    pieces.push(Piece::Text(unescape(rest)));
    pieces
}

/// A `>` inside a quoted value does not end a tag.
fn end_of_tag(rest: &str) -> usize {
    let mut quoted = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    rest.len()
}

fn piece(inside: &str) -> Option<Piece> {
    if inside.starts_with(['!', '?']) {
        return None;
    }
    if let Some(name) = inside.strip_prefix('/') {
        return Some(Piece::Close(name.trim().to_ascii_lowercase()));
    }
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => ("", after.strip_prefix('=').unwrap_or(after)),
        };
        attributes.push((key.to_owned(), unescape(value)));
        rest = after;
    }
    Some(Piece::Open(Tag { name: name.trim_end_matches('/').to_ascii_lowercase(), attributes }))
}

fn unescape(text: &str) -> String {
    let numbered = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    let named = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    numbered.iter().chain(&named).fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[test]
fn reads_a_form_as_a_browser_does() {
    let page = r#"<main data-page="x"><p>a &lt; b</p><form action="/go?a=1&amp;b=2" method="post">
        <input type="hidden" name="csrf" value="t&#34;1"><input name="who" value="me">
        <input type="checkbox" name="scope" value="phone" checked><input type="checkbox" name="scope" value="email">
        <button name="decision" value="allow" aria-label="a > b">Yes</button></form></main>"#;
    let forms = forms(page);
    assert_eq!((forms.len(), forms[0].action.as_str()), (1, "/go?a=1&b=2"));
    assert_eq!(forms[0].fields(), [("csrf", "t\"1"), ("who", "me"), ("scope", "phone")]);
    assert!(forms[0].takes(&[("decision", "allow"), ("who", "you")]));
    assert!(!forms[0].takes(&[("decision", "deny")]) && !forms[0].takes(&[("other", "")]));
    assert_eq!(find(page, "main").unwrap().attribute("data-page"), Some("x"));
    assert_eq!(text(page), "a < b Yes");
}
