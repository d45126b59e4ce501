//! A request names the host it means, once (RFC 9112 §3.2): of two names, what stands before us may have gone by the other.

use axum::extract::Request;
use http::Version;
use http::header::HOST;

use crate::http::shown::Problem;

pub fn check(request: &Request) -> Result<(), Problem> {
    let names = request.headers().get_all(HOST).iter().count();
    let named = match request.version() {
        Version::HTTP_11 => names == 1,
        // HTTP/2 has `:authority` (RFC 9113 §8.3.1), and HTTP/1.0 knew no such header.
        _ => names <= 1,
    };
    if named { Ok(()) } else { Err(Problem::BadRequest) }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_host_is_named_once() {
        let check = |version, names: &[&str]| {
            let request = Request::builder().version(version);
            let request = names.iter().fold(request, |request, name| request.header(HOST, *name));
            super::check(&request.body(Body::empty()).unwrap()).is_ok()
        };
        assert!(check(Version::HTTP_11, &["a.example"]));
        assert!(!check(Version::HTTP_11, &[]));
        assert!(check(Version::HTTP_10, &[]) && check(Version::HTTP_2, &[]));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert!(!check(version, &["a.example", "b.example"]), "{version:?}");
        }
    }
}
