//! What a form holds: values typed before and what was wrong with them.

/// One input: what stands in it and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Shown again in the input; always empty for passwords.
    pub value: String,
    /// One sentence in the reader's language.
    pub error: Option<String>,
}

impl Field {
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    pub fn wrong(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }

    /// The message beside the field, as the summary on top lists it.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref().map(without_stop)
    }
}

/// Rules write sentences; beside a field and in the list all messages stand alike, without the stop at the end.
fn without_stop(message: &str) -> &str {
    message.strip_suffix(['。', '.']).unwrap_or(message)
}

/// The summary on top of a form: each message leads to the element it speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors {
    items: Vec<(&'static str, String)>,
}

impl FormErrors {
    pub fn new() -> Self {
        Self::default()
    }

    /// A message of the whole form; `id` is the first element to look at.
    pub fn and(mut self, id: &'static str, message: Option<String>) -> Self {
        self.items.extend(message.map(|message| (id, without_stop(&message).to_owned())));
        self
    }

    /// The message of one field, if it has one; `id` is the id of its input.
    pub fn and_field(self, id: &'static str, field: &Field) -> Self {
        self.and(id, field.error.clone())
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn items(&self) -> &[(&'static str, String)] {
        &self.items
    }
}

/// One choice of a select or a group of radio buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_alike_wherever_they_come_from() {
        let field = Field::wrong("", "请输入证件号码。");
        assert_eq!(field.error(), Some("请输入证件号码"));
        let errors = FormErrors::new()
            .and_field("number", &field)
            .and("again", Some("Enter the number again".into()))
            .and("card", Some("Come again. With a valid one.".into()));
        let said: Vec<&str> = errors.items().iter().map(|(_, message)| message.as_str()).collect();
        assert_eq!(said, ["请输入证件号码", "Enter the number again", "Come again. With a valid one"]);
    }
}
