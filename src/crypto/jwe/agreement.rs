//! Key agreement of a JWE (RFC 7518 §4.6): ECDH with an ephemeral key, and the Concat key derivation.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::base::Fault;

/// The curves we agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
    X25519,
}

/// A public key on a curve, as the library reads it: an uncompressed point, or the 32 bytes of X25519.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub curve: Curve,
    bytes: Vec<u8>,
}

/// What the derived key is for (RFC 7518 §4.6.2): `OtherInfo`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'a> {
    /// `enc` when the derived key is the content key, else `alg`.
    pub(super) algorithm: &'a str,
    pub(super) apu: &'a [u8],
    pub(super) apv: &'a [u8],
    /// Bytes of the key.
    pub(super) length: usize,
}

impl Curve {
    pub(super) fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Curve::P256 => &ECDH_P256,
            Curve::P384 => &ECDH_P384,
            Curve::X25519 => &X25519,
        }
    }

    fn kind(self) -> (&'static str, &'static str) {
        match self {
            Curve::P256 => ("EC", "P-256"),
            Curve::P384 => ("EC", "P-384"),
            Curve::X25519 => ("OKP", "X25519"),
        }
    }

    fn coordinate(self) -> usize {
        match self {
            Curve::P256 | Curve::X25519 => 32,
            Curve::P384 => 48,
        }
    }
}

impl Point {
    /// From the members of a public JWK. Whether the point is on the curve is checked when it is used.
    pub fn from_jwk(members: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let curve = [Curve::P256, Curve::P384, Curve::X25519]
            .into_iter()
            .find(|curve| (text("kty"), text("crv")) == (Some(curve.kind().0), Some(curve.kind().1)))?;
        let coordinate = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text(name)?).ok()?;
            (bytes.len() == curve.coordinate()).then_some(bytes)
        };
        let bytes = match curve {
            Curve::X25519 => coordinate("x")?,
            // SEC 1 §2.3.3.
            Curve::P256 | Curve::P384 => [vec![4], coordinate("x")?, coordinate("y")?].concat(),
        };
        Some(Self { curve, bytes })
    }

    /// Whether an agreement with it comes to a key: it is on its curve, and of no small order.
    pub fn is_sound(&self) -> bool {
        let purpose = Purpose { algorithm: "", apu: &[], apv: &[], length: 16 };
        let private = PrivateKey::generate(self.curve.algorithm());
        private.is_ok_and(|private| agree(&private, self, purpose).is_some())
    }

    /// The public half of a private key.
    pub(super) fn of(curve: Curve, private: &PrivateKey) -> Result<Self, Fault> {
        let public = private.compute_public_key().map_err(|_| Fault::broken("a key for agreement"))?;
        Ok(Self { curve, bytes: public.as_ref().to_vec() })
    }

    /// The members of its JWK that are required (RFC 7638 §3.2).
    pub fn jwk(&self) -> Value {
        let (kty, crv) = self.curve.kind();
        if self.curve == Curve::X25519 {
            return json!({"crv": crv, "kty": kty, "x": URL_SAFE_NO_PAD.encode(&self.bytes)});
        }
        let (x, y) = self.bytes[1..].split_at(self.curve.coordinate());
        json!({"crv": crv, "kty": kty, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
    }
}

/// The key both sides come to; `None` when the other's point is not on our curve.
pub(super) fn agree(
    private: &PrivateKey,
    public: &Point,
    purpose: Purpose<'_>,
) -> Option<Zeroizing<Vec<u8>>> {
    let other = UnparsedPublicKey::new(public.curve.algorithm(), public.bytes.as_slice());
    agreement::agree(private, other, (), |secret| Ok(derive(secret, purpose))).ok()
}

/// NIST SP 800-56A §5.8.1 with SHA-256, as RFC 7518 §4.6.2 uses it.
fn derive(secret: &[u8], purpose: Purpose<'_>) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(96));
    let mut round = 1u32;
    while key.len() < purpose.length {
        let mut context = Context::new(&SHA256);
        context.update(&round.to_be_bytes());
        context.update(secret);
        for part in [purpose.algorithm.as_bytes(), purpose.apu, purpose.apv] {
            context.update(&(part.len() as u32).to_be_bytes());
            context.update(part);
        }
        context.update(&(purpose.length as u32 * 8).to_be_bytes());
        key.extend_from_slice(context.finish().as_ref());
        round += 1;
    }
    key.truncate(purpose.length);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: Value) -> Point {
        Point::from_jwk(value.as_object().unwrap()).unwrap()
    }

    /// RFC 7518 Appendix C.
    #[test]
    fn derives_what_the_specification_derives() {
        let alice = URL_SAFE_NO_PAD.decode("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo").unwrap();
        let alice = PrivateKey::from_private_key(&ECDH_P256, &alice).unwrap();
        let bob = point(json!({
            "kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        }));
        let purpose = Purpose { algorithm: "A128GCM", apu: b"Alice", apv: b"Bob", length: 16 };
        let key = agree(&alice, &bob, purpose).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn both_sides_come_to_one_key_on_every_curve() {
        for curve in [Curve::P256, Curve::P384, Curve::X25519] {
            let (one, other) = (
                PrivateKey::generate(curve.algorithm()).unwrap(),
                PrivateKey::generate(curve.algorithm()).unwrap(),
            );
            let purpose = Purpose { algorithm: "A256CBC-HS512", apu: b"", apv: b"", length: 64 };
            let there = point(Point::of(curve, &other).unwrap().jwk());
            let here = point(Point::of(curve, &one).unwrap().jwk());
            assert_eq!(agree(&one, &there, purpose).unwrap(), agree(&other, &here, purpose).unwrap());
        }
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let private = PrivateKey::generate(&ECDH_P256).unwrap();
        let purpose = Purpose { algorithm: "A128GCM", apu: b"", apv: b"", length: 16 };
        let off = Point { curve: Curve::P256, bytes: [vec![4], vec![1; 64]].concat() };
        assert!(agree(&private, &off, purpose).is_none());
        assert!(!off.is_sound());
        // RFC 7748 §6.1: a point of small order gives everyone the same key.
        assert!(!Point { curve: Curve::X25519, bytes: vec![0; 32] }.is_sound());
        let elsewhere = Point { curve: Curve::X25519, bytes: vec![9; 32] };
        assert!(agree(&private, &elsewhere, purpose).is_none());
        for bad in [
            json!({}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "P-256", "x": "AA"}),
            json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        ] {
            assert_eq!(Point::from_jwk(bad.as_object().unwrap()), None, "{bad}");
        }
    }
}
