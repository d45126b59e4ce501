//! The address guard: outgoing calls reach public addresses only, whatever a name resolves to at the moment of the call.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

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
                let head = v6.segments()[0];
                let unique_local = head & 0xfe00 == 0xfc00;
                let link_local = head & 0xffc0 == 0xfe80;
                let documentation = head == 0x2001 && v6.segments()[1] == 0x0db8;
                // 64:ff9b::/96 and 2002::/16 carry an IPv4 address inside that would escape the check above.
                let translated = head == 0x0064 || head == 0x2002;
                !(v6.is_unspecified()
                    || v6.is_multicast()
                    || unique_local
                    || link_local
                    || documentation
                    || translated)
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

    /// Link-local addresses hold cloud metadata: no list of networks opens them.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let link_local = match address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
        };
        let named = self.intranet.iter().any(|network| network.contains(address));
        self.reach.allows(address) || named && !link_local && !address.is_loopback()
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
        for (address, allowed) in
            [("10.1.2.3", true), ("169.254.169.254", false), ("127.0.0.1", false), ("fd00::1", false)]
        {
            assert_eq!(guard.allows(address.parse().unwrap()), allowed, "{address}");
        }
        for public in ["8.8.8.8", "2400:3200::1", "114.114.114.114"] {
            assert!(Reach::Public.allows(public.parse().unwrap()), "{public}");
        }
    }
}
