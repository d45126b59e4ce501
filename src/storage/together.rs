//! Several statements sent to the database as one: what a transaction writes without waiting for an answer.
//!
//! Every hand-over to the driver costs two thread switches on SQLite and a round trip on PostgreSQL. The texts are
//! literals of the source; only their `$n` are counted on, so the values of one never meet another's places.

use super::statement::{Statement, Value};

/// What is sent: one text, all values.
pub(super) struct Together {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Together {
    /// For SQLite, which runs them one after another: `before`, then the statements.
    pub(super) fn in_turn(before: Option<&str>, statements: Vec<Statement>) -> Self {
        let mut together = Self::with_room(&statements);
        together.text.push_str(before.unwrap_or_default());
        for statement in statements {
            if !together.text.is_empty() {
                together.text.push(';');
            }
            together.push(statement);
        }
        together
    }

    /// For PostgreSQL, which takes one statement at a time: all but the last in a `WITH`. They do not see one
    /// another's rows; foreign keys are looked at when all have run.
    pub(super) fn at_once(mut statements: Vec<Statement>) -> Option<Self> {
        let last = statements.pop()?;
        let mut together = Self::with_room(&statements);
        for (place, statement) in statements.into_iter().enumerate() {
            together.text.push_str(if place == 0 { "WITH part_" } else { "), part_" });
            together.text.push_str(&place.to_string());
            together.text.push_str(" AS (");
            together.push(statement);
        }
        if !together.text.is_empty() {
            together.text.push_str(") ");
        }
        together.push(last);
        Some(together)
    }

    fn with_room(statements: &[Statement]) -> Self {
        let room = statements.iter().map(|one| one.text.len() + 24).sum::<usize>() + 400;
        Self { text: String::with_capacity(room), values: Vec::with_capacity(statements.len() * 12) }
    }

    fn push(&mut self, statement: Statement) {
        let before = self.values.len();
        if before == 0 {
            self.text.push_str(statement.text);
        } else {
            count_on(statement.text, before, &mut self.text);
        }
        self.values.extend(statement.values);
    }
}

/// Copies a text with `before` added to the number of every `$n`.
fn count_on(text: &str, before: usize, into: &mut String) {
    let mut parts = text.split('$');
    into.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = part[..digits].parse().unwrap_or_default();
        into.push('$');
        into.push_str(&(number + before).to_string());
        into.push_str(&part[digits..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not by `sql!`: these tables do not exist.
    fn made(text: &'static str, values: &[i64]) -> Statement {
        Statement::new(text, values.iter().map(|value| Value::from(*value)).collect())
    }

    fn two() -> Vec<Statement> {
        vec![
            made("INSERT INTO a (x, y) VALUES ($1, $2)", &[1, 2]),
            made("INSERT INTO b SELECT $2, $1, $2 FROM c", &[3, 4]),
        ]
    }

    #[test]
    fn places_are_counted_on() {
        let sent = Together::in_turn(Some("SAVEPOINT one"), two());
        assert_eq!(
            sent.text,
            "SAVEPOINT one;INSERT INTO a (x, y) VALUES ($1, $2);INSERT INTO b SELECT $4, $3, $4 FROM c"
        );
        assert_eq!(sent.values.len(), 4);
        assert_eq!(
            Together::in_turn(None, two()).text,
            "INSERT INTO a (x, y) VALUES ($1, $2);INSERT INTO b SELECT $4, $3, $4 FROM c"
        );
    }

    #[test]
    fn postgresql_takes_them_as_one_statement() {
        let sent = Together::at_once(two()).unwrap();
        assert_eq!(
            sent.text,
            "WITH part_0 AS (INSERT INTO a (x, y) VALUES ($1, $2)) INSERT INTO b SELECT $4, $3, $4 FROM c"
        );
        let mut three = two();
        three.extend(two());
        three.pop();
        assert!(Together::at_once(three).unwrap().text.contains("), part_1 AS (INSERT INTO b SELECT $4"));
        assert!(Together::at_once(Vec::new()).is_none());
        let one = Together::at_once(vec![made("INSERT INTO a VALUES ($1)", &[1])]).unwrap();
        assert_eq!(one.text, "INSERT INTO a VALUES ($1)");
    }
}
