//! A row of either database, and what is read from it: a record by the names of its columns, a tuple by their order.

use sqlx::ColumnIndex;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::trouble::fault;
use crate::base::Fault;

/// A row of either database.
#[derive(Clone, Copy)]
pub enum Row<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

/// The rows a statement gave.
pub enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

/// What a row is read as: a struct made by `record!`, or a tuple.
pub trait Record: Sized + Send {
    fn read(row: Row<'_>) -> Result<Self, Fault>;
}

/// What stands in one field of a record: the column of its name, or another record with columns of its own.
pub trait Field: Sized {
    fn read(row: Row<'_>, name: &'static str) -> Result<Self, Fault>;
}

/// What one column holds: the three types both databases share, with `Option` where it may be NULL.
pub trait Column: Sized {
    fn at<I>(row: Row<'_>, place: I) -> Result<Self, Fault>
    where
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>;
}

impl Rows {
    pub(super) fn read<T: Record>(&self) -> Result<Vec<T>, Fault> {
        match self {
            Rows::Sqlite(rows) => rows.iter().map(|row| T::read(Row::Sqlite(row))).collect(),
            Rows::Postgres(rows) => rows.iter().map(|row| T::read(Row::Postgres(row))).collect(),
        }
    }
}

/// Makes a struct a record: `record! { struct Late { session_id: String, ended_at: Option<i64> } }`.
macro_rules! record {
    ($(#[$about:meta])* $seen:vis struct $name:ident {
        $($(#[$doc:meta])* $shown:vis $field:ident: $type:ty),* $(,)?
    }) => {
        $(#[$about])*
        $seen struct $name {
            $($(#[$doc])* $shown $field: $type,)*
        }

        impl $crate::storage::Record for $name {
            fn read(row: $crate::storage::Row<'_>) -> Result<Self, $crate::base::Fault> {
                Ok(Self {
                    $($field: <$type as $crate::storage::Field>::read(row, stringify!($field))?,)*
                })
            }
        }

        impl $crate::storage::Field for $name {
            fn read(row: $crate::storage::Row<'_>, _: &'static str) -> Result<Self, $crate::base::Fault> {
                <Self as $crate::storage::Record>::read(row)
            }
        }
    };
}

pub(crate) use record;

macro_rules! tuples {
    ($(($($type:ident $place:literal),*))*) => {$(
        impl<$($type: Column + Send),*> Record for ($($type,)*) {
            fn read(row: Row<'_>) -> Result<Self, Fault> {
                Ok(($($type::at(row, $place)?,)*))
            }
        }
    )*};
}

tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) }

impl<T: Column> Field for T {
    fn read(row: Row<'_>, name: &'static str) -> Result<Self, Fault> {
        T::at(row, name)
    }
}

macro_rules! columns {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn at<I>(row: Row<'_>, place: I) -> Result<Self, Fault>
            where
                I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
            {
                match row {
                    Row::Sqlite(row) => sqlx::Row::try_get(row, place),
                    Row::Postgres(row) => sqlx::Row::try_get(row, place),
                }
                .map_err(|error| fault("reading a column", error))
            }
        }
    )*};
}

columns!(String, Option<String>, i64, Option<i64>, Vec<u8>, Option<Vec<u8>>);
