//! Chinese on a page in English, which names of people, departments and halls are: marked as such, so that a screen reader
//! speaks it with a Chinese voice (WCAG 2.2 §3.1.2). It is done where the page leaves, for every name, wherever it stands. An
//! attribute cannot be marked: what names an element by a name of somebody points at where that stands (`aria-labelledby`).

/// Elements whose text can hold no element.
const PLAIN: [&str; 5] = ["title", "option", "textarea", "script", "style"];

/// The page, with every run of Chinese in it marked.
pub fn marked(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    // The element whose text stays as it is.
    let mut within: Option<&str> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, after) = rest.split_at(at);
        push(&mut out, text, within);
        let (tag, after) = after.split_at(end_of_tag(after));
        push_tag(&mut out, tag, after);
        within = match within {
            Some(name) => Some(name).filter(|name| !tag.starts_with(&format!("</{name}"))),
            None => stays(tag),
        };
        rest = after;
    }
    push(&mut out, rest, within);
    out
}

/// The name of an element that this tag begins and whose text stays: it holds no element, or says its language itself.
fn stays(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix('<')?.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    (PLAIN.contains(&name) || tag.contains(" lang=\"zh")).then_some(name)
}

/// A choice holds no element, but says its own language.
fn push_tag(out: &mut String, tag: &str, after: &str) {
    let text = after.split('<').next().unwrap_or_default().trim();
    match tag.strip_suffix('>').filter(|tag| tag.starts_with("<option") && !tag.contains(" lang=\"")) {
        Some(open) if !text.is_empty() && run(text) == text.len() => {
            out.push_str(open);
            out.push_str(" lang=\"zh-CN\">");
        }
        _ => out.push_str(tag),
    }
}

/// Where a tag ends; a `>` in a quoted value does not end it.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    for (at, c) in tag.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn push(out: &mut String, text: &str, within: Option<&str>) {
    let said = text.trim();
    if within.is_some() || !said.chars().any(is_chinese) {
        return out.push_str(text);
    }
    let (before, after) = text.split_once(said).unwrap_or_default();
    out.push_str(before);
    if run(said) == said.len() {
        push_run(out, said);
    } else {
        // One element, as the text was one: what lays its children out in a row counts them.
        out.push_str("<bdi>");
        push_mixed(out, said);
        out.push_str("</bdi>");
    }
    out.push_str(after);
}

fn push_mixed(out: &mut String, mut text: &str) {
    while !text.is_empty() {
        let at = text.char_indices().map(|(at, _)| at).find(|at| run(&text[*at..]) > 0).unwrap_or(text.len());
        out.push_str(&text[..at]);
        let (chinese, after) = text[at..].split_at(run(&text[at..]));
        if !chinese.is_empty() {
            push_run(out, chinese);
        }
        text = after;
    }
}

fn push_run(out: &mut String, chinese: &str) {
    out.push_str("<bdi lang=\"zh-CN\">");
    out.push_str(chinese);
    out.push_str("</bdi>");
}

/// How many bytes of Chinese the text begins with; the star of a masked name belongs to it.
fn run(text: &str) -> usize {
    let name = text.strip_prefix('*').unwrap_or(text);
    if !name.starts_with(is_chinese) {
        return 0;
    }
    text.len() - name.trim_start_matches(|c| is_chinese(c) || is_between(c)).len()
}

/// Han characters, with their later extensions.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// What stands between Han characters: punctuation, the dot in names, variation selectors.
fn is_between(c: char) -> bool {
    matches!(c, '·' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_marked_and_nothing_else() {
        let cases = [
            ("<p>Passed</p>", "<p>Passed</p>"),
            ("<dd>王小明</dd>", "<dd><bdi lang=\"zh-CN\">王小明</bdi></dd>"),
            ("<dd>\n *阳·晓𠮷 \n</dd>", "<dd>\n <bdi lang=\"zh-CN\">*阳·晓𠮷</bdi> \n</dd>"),
            (
                "<a>Return to 市民门户, please</a>",
                "<a><bdi>Return to <bdi lang=\"zh-CN\">市民门户</bdi>, please</bdi></a>",
            ),
            ("<title>市民门户 - City</title>", "<title>市民门户 - City</title>"),
            ("<option value=\"1\">护照</option>", "<option value=\"1\" lang=\"zh-CN\">护照</option>"),
            ("<option>护照 (passport)</option>", "<option>护照 (passport)</option>"),
            ("<option value=\"\">Choose</option>", "<option value=\"\">Choose</option>"),
            (
                "<a hreflang=\"zh-CN\" lang=\"zh-CN\">中文</a>",
                "<a hreflang=\"zh-CN\" lang=\"zh-CN\">中文</a>",
            ),
            ("<input value=\"张>三\"><p>*</p>", "<input value=\"张>三\"><p>*</p>"),
            ("大厅", "<bdi lang=\"zh-CN\">大厅</bdi>"),
        ];
        for (page, expected) in cases {
            assert_eq!(marked(page), expected);
        }
    }

    proptest! {
        #[test]
        fn without_the_marks_it_is_the_same_page(page in "([a-z*·<>\"/= ]|[一-丏]|<p>|</p>|<title>|</title>){0,60}") {
            let plain = marked(&page).replace("<bdi lang=\"zh-CN\">", "").replace("<bdi>", "").replace("</bdi>", "");
            prop_assert_eq!(plain, page);
        }
    }
}
