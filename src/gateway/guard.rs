//! The address guard: outgoing calls reach public addresses only, whatever a name resolves to at the moment of the call.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::cidr::Cidr;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    Public,
    /// Public addresses and loopback (sandbox).
    PublicAndLoopback,
}

impl Reach {
    /// Private, metadata, link-local, multicast and other special addresses are never called (RFC 6890).
    pub fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() {
            return self == Reach::PublicAndLoopback;
        }
        match address {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                let shared = a == 100 && (64..128).contains(&b);
                let benchmark = a == 198 && (b == 18 || b == 19);
                let protocol = a == 192 && b == 0 && c == 0;
                !(v4.is_private()
                    || v4.is_link_local()
                    || v4.is_broadcast()
                    || v4.is_documentation()
                    || v4.is_multicast()
                    || a == 0
                    || a >= 240
                    || shared
                    || benchmark
                    || protocol)
            }
            IpAddr::V6(v6) => {
                let [head, next, ..] = v6.segments();
                // RFC 4291 §2.4: everything else is local or multicast, or it carries an IPv4 address inside that would
                // escape the check above (64:ff9b::/96, ::/96), as 2002::/16 and Teredo in 2001::/23 do.
                let unicast = head & 0xe000 == 0x2000;
                let protocol = head == 0x2002 || head == 0x2001 && next < 0x0200;
                let documentation = head == 0x2001 && next == 0x0db8 || head == 0x3fff && next < 0x1000;
                unicast && !protocol && !documentation
            }
        }
    }
}

/// What the installation may call: by kind of address, and the networks of its own intranet by name.
#[derive(Debug, Clone)]
pub struct Guard {
    reach: Reach,
    intranet: Arc<[Cidr]>,
}

impl Guard {
    pub fn new(reach: Reach, intranet: &[Cidr]) -> Self {
        Self { reach, intranet: intranet.into() }
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let named = self.intranet.iter().any(|network| network.contains(address));
        self.reach.allows(address) || named && !is_never_named(address)
    }

    /// The address of a call, unless it leads where none may go. Literal addresses never pass the resolver, so they are
    /// checked here.
    pub fn admits(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let allowed = match url.host()? {
            Host::Ipv4(address) => self.allows(IpAddr::V4(address)),
            Host::Ipv6(address) => self.allows(IpAddr::V6(address)),
            Host::Domain(_) => true,
        };
        (allowed && matches!(url.scheme(), "https" | "http")).then_some(url)
    }
}

/// No list of networks opens these: this machine, whose name 0.0.0.0 is too (RFC 1122 §3.2.1.3), and link-local
/// addresses, which hold cloud metadata.
fn is_never_named(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.segments()[0] & 0xffc0 == 0xfe80,
    }
}

/// Resolves names and drops every address that may not be called, so that a rebinding name is caught at the call itself.
pub(super) struct GuardedResolver {
    pub(super) guard: Guard,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| guard.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err("the name leads to no address that may be called".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_metadata_addresses_are_out_of_reach() {
        let refused = [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "240.0.0.1",
            "::7f00:1",
            "100::1",
            "fec0::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "3fff::1",
        ];
        for address in refused {
            for reach in [Reach::Public, Reach::PublicAndLoopback] {
                assert!(!reach.allows(address.parse().unwrap()), "{address}");
            }
        }
        for loopback in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(!Reach::Public.allows(loopback.parse().unwrap()), "{loopback}");
            assert!(Reach::PublicAndLoopback.allows(loopback.parse().unwrap()), "{loopback}");
        }
        let guard = Guard::new(Reach::Public, &["10.0.0.0/8".parse().unwrap(), "0.0.0.0/0".parse().unwrap()]);
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("169.254.169.254", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("fd00::1", false),
        ] {
            assert_eq!(guard.allows(address.parse().unwrap()), allowed, "{address}");
        }
        let guard = Guard::new(Reach::Public, &["::/0".parse().unwrap()]);
        for (address, allowed) in [("fd00::1", true), ("fe80::1", false), ("::", false), ("::1", false)] {
            assert_eq!(guard.allows(address.parse().unwrap()), allowed, "{address}");
        }
        for public in ["8.8.8.8", "2400:3200::1", "114.114.114.114"] {
            assert!(Reach::Public.allows(public.parse().unwrap()), "{public}");
        }
    }
}
