//! Just enough of HTML to fill in a form: its action, its hidden inputs.

/// A form of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    /// Hidden inputs, name and value.
    pub hidden: Vec<(String, String)>,
}

/// The first form that has an input or button of this name.
pub fn form_with(page: &str, name: &str) -> Option<Form> {
    let has = |tag: &str| attribute(tag, "name").as_deref() == Some(name);
    form_where(page, |_, inside| tags(inside, "input").any(has) || tags(inside, "button").any(has))
}

/// The first form that goes to this path.
pub fn form_to(page: &str, path: &str) -> Option<Form> {
    form_where(page, |opening, _| attribute(opening, "action").as_deref() == Some(path))
}

/// The first form whose opening tag and insides are such.
fn form_where(page: &str, fits: impl Fn(&str, &str) -> bool) -> Option<Form> {
    page.split("<form").skip(1).find_map(|rest| {
        let whole = rest.split("</form").next()?;
        let (opening, inside) = whole.split_once('>')?;
        if !fits(opening, inside) {
            return None;
        }
        let hidden = tags(inside, "input")
            .filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"))
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        Some(Form { action: attribute(opening, "action").unwrap_or_default(), hidden })
    })
}

/// `data-page` of the page.
pub fn page_name(page: &str) -> Option<String> {
    tags(page, "main").find_map(|tag| attribute(tag, "data-page"))
}

/// The insides of the opening tags of this element.
fn tags<'a>(html: &'a str, element: &'static str) -> impl Iterator<Item = &'a str> {
    html.split('<').filter_map(move |piece| {
        let rest = piece.strip_prefix(element)?;
        rest.starts_with([' ', '\n', '>']).then(|| rest.split('>').next().unwrap_or(rest))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    tag.match_indices(name).find_map(|(at, _)| {
        let before = tag[..at].chars().next_back();
        let value = tag[at + name.len()..].strip_prefix("=\"")?;
        before.is_none_or(char::is_whitespace).then(|| unescape(value.split('"').next().unwrap_or(value)))
    })
}

fn unescape(text: &str) -> String {
    let named = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    named.replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&").replace("&amp;", "&")
}
