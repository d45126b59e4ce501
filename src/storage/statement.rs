//! One SQL text with its values, understood by both databases; made by `sql!`.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};

use crate::base::Timestamp;

/// A value bound to `$n`. The three column types both databases share.
#[derive(Clone)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// A query of either driver with its values bound.
macro_rules! bound {
    ($query:expr, $values:expr) => {
        $values.into_iter().fold($query, |query, value| match value {
            $crate::storage::Value::Text(text) => query.bind(text),
            $crate::storage::Value::Int(int) => query.bind(int),
            $crate::storage::Value::Bytes(bytes) => query.bind(bytes),
        })
    };
}

pub(super) use bound;

/// A statement ready to run.
pub struct Statement {
    pub(super) text: &'static str,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub fn new(text: &'static str, values: Vec<Value>) -> Self {
        Self { text, values }
    }

    pub(super) fn for_postgres(self) -> Query<'static, Postgres, PgArguments> {
        bound!(sqlx::query(self.text), self.values)
    }

    pub(super) fn for_sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        bound!(sqlx::query(self.text), self.values)
    }
}

macro_rules! values {
    ($($from:ty => |$name:ident| $make:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($name: $from) -> Self {
                $make
            }
        }
    )*};
}

values! {
    &str => |text| Value::Text(Some(text.to_owned()));
    String => |text| Value::Text(Some(text));
    &String => |text| Value::Text(Some(text.clone()));
    Option<&str> => |text| Value::Text(text.map(str::to_owned));
    Option<String> => |text| Value::Text(text);
    i64 => |int| Value::Int(Some(int));
    Option<i64> => |int| Value::Int(int);
    Timestamp => |at| Value::Int(Some(at.micros()));
    Option<Timestamp> => |at| Value::Int(at.map(Timestamp::micros));
    Vec<u8> => |bytes| Value::Bytes(Some(bytes));
    &[u8] => |bytes| Value::Bytes(Some(bytes.to_vec()));
    Option<Vec<u8>> => |bytes| Value::Bytes(bytes);
}

/// One SQL text for both databases: `sql!("SELECT … WHERE id = $1", id.as_str())`.
///
/// The text is a literal so that a test finds every one in the source and prepares it on both databases.
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $value:expr)* $(,)?) => {
        $crate::storage::Statement::new($text, vec![$($crate::storage::Value::from($value)),*])
    };
}
