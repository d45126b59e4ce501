//! What stands in an address, its query and its last part: what cannot be read is answered with a page of ours.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path as AnyPath, Query as AnyQuery};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::shown::{PageProblem, Problem};
use crate::app::App;

/// The parameters after the `?`; a parameter sent twice is a bad request.
pub struct Query<T>(pub T);

/// The variable part of a path, percent-decoded; bytes that are no UTF-8 name nothing of ours.
pub struct Path(pub String);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for Query<T> {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, PageProblem> {
        let read = AnyQuery::<T>::from_request_parts(parts, app).await;
        read.map(|AnyQuery(asked)| Self(asked)).map_err(|_| Problem::BadRequest.into())
    }
}

impl FromRequestParts<Arc<App>> for Path {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, PageProblem> {
        let read = AnyPath::<String>::from_request_parts(parts, app).await;
        read.map(|AnyPath(part)| Self(part)).map_err(|_| Problem::NotFound.into())
    }
}
