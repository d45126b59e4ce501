//! Addresses that the service itself would call, and those that name services: no private address is ever reached.
//! Lines: an address, a host, networks of the intranet separated by commas. The first bytes are an IP address too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use tongyao::config::cidr::Cidr;
use tongyao::gateway::guard::{Guard, Reach};
use tongyao::protocol::resource::is_resource;
use url::{Host, Url};

use super::pieces::{is_graphic, lines, reached};

/// The registries of special addresses (IANA, RFC 6890), as far as they are not reachable by everybody.
static SPECIAL: LazyLock<Vec<Cidr>> = LazyLock::new(|| {
    let blocks = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 \
        192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 \
        2001::/23 2001:db8::/32 2002::/16 3fff::/20";
    blocks.split_whitespace().map(|block| block.parse().unwrap()).collect()
});

pub const PLACES: &[&str] = &["service", "public", "intranet", "called"];

pub fn run(data: &[u8]) {
    let [address, host, networks] = lines::<3>(data);
    let intranet: Vec<Cidr> =
        networks.split(',').take(4).filter_map(|block| block.trim().parse().ok()).collect();
    names_a_service(&address);
    let mut found: Vec<IpAddr> = host.parse().into_iter().collect();
    found.extend(data.first_chunk::<4>().map(|octets| IpAddr::from(*octets)));
    found.extend(data.first_chunk::<16>().map(|octets| IpAddr::from(*octets)));
    found
        .extend(data.first_chunk::<4>().map(|octets| IpAddr::from(Ipv4Addr::from(*octets).to_ipv6_mapped())));
    for ip in found {
        is_guarded(ip, &intranet);
    }
    for text in [address.clone(), format!("http://{host}/"), format!("https://{host}:8443/x?y")] {
        is_called_only_where_allowed(&text, &intranet);
    }
}

/// Global unicast (RFC 4291 §2.4) and in no special block.
fn is_public(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    let unicast = match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    };
    unicast && !SPECIAL.iter().any(|block| block.contains(ip))
}

/// No list of networks opens them: this machine, and where clouds keep their metadata.
fn is_never(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_guarded(ip: IpAddr, intranet: &[Cidr]) {
    assert_eq!(Reach::Public.allows(ip), is_public(ip), "{ip}");
    let loopback = ip.to_canonical().is_loopback();
    assert_eq!(Reach::PublicAndLoopback.allows(ip), is_public(ip) || loopback, "{ip}");
    let guard = Guard::new(Reach::Public, intranet);
    let named = intranet.iter().any(|block| block.contains(ip));
    if guard.allows(ip) {
        if is_public(ip) {
            reached("public")
        } else {
            reached("intranet")
        }
        assert!(is_public(ip) || named && !is_never(ip), "{ip} {intranet:?}");
    }
}

fn is_called_only_where_allowed(text: &str, intranet: &[Cidr]) {
    let guard = Guard::new(Reach::Public, intranet);
    let Some(url) = guard.admits(text) else { return };
    reached("called");
    assert!(matches!(url.scheme(), "http" | "https"), "{text}");
    match url.host() {
        Some(Host::Ipv4(ip)) => assert!(guard.allows(IpAddr::V4(ip)), "{text}"),
        Some(Host::Ipv6(ip)) => assert!(guard.allows(IpAddr::V6(ip)), "{text}"),
        // What a resolver would read as a number must not pass as a name: 127.1, 0x7f000001, 2130706433.
        Some(Host::Domain(name)) => assert!(numeric(name).is_none(), "{text}"),
        None => panic!("{text} has no host"),
    }
}

fn numeric(name: &str) -> Option<IpAddr> {
    let plain = name.strip_suffix('.').unwrap_or(name);
    let v4: Option<IpAddr> = plain.parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    let digits = plain.bytes().all(|b| b.is_ascii_digit());
    let number = plain.parse::<u32>().ok().filter(|_| digits).map(|bits| IpAddr::V4(Ipv4Addr::from(bits)));
    v4.or(number).or_else(|| plain.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

/// RFC 8707 §2: an absolute URI without fragment, in the characters of URIs.
fn names_a_service(text: &str) {
    if is_resource(text) {
        reached("service");
        assert!(text.len() <= 2048 && is_graphic(text) && !text.contains('#'), "{text:?}");
        assert!(Url::parse(text).is_ok());
    }
}
