//! How a Redis keeps what it is given, as it says itself: alone or as one of a cluster, for good or until it is full.

/// Where it does not tell, or not to this user, it is taken for one that suits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    pub layout: Layout,
    /// What it drops of its own when it is full; none where it says so instead (`noeviction`).
    pub evicts: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Single,
    /// A script may touch keys of one slot alone, and ours touch several.
    Cluster,
}

impl Manner {
    /// From the lines of `INFO`.
    pub(super) fn of_info(info: &str) -> Self {
        let said =
            |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
        Self {
            layout: if said("cluster_enabled") == Some("1") { Layout::Cluster } else { Layout::Single },
            evicts: said("maxmemory_policy").filter(|policy| *policy != "noeviction").map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_read() {
        let manner = |layout, evicts: Option<&str>| Manner { layout, evicts: evicts.map(str::to_owned) };
        for (info, expected) in [
            (
                "# Memory\r\nmaxmemory_policy:noeviction\r\n# Cluster\r\ncluster_enabled:0\r\n",
                manner(Layout::Single, None),
            ),
            ("maxmemory_policy:allkeys-lru\r\n", manner(Layout::Single, Some("allkeys-lru"))),
            ("maxmemory_policy:noeviction\ncluster_enabled:1", manner(Layout::Cluster, None)),
            ("", manner(Layout::Single, None)),
        ] {
            assert_eq!(Manner::of_info(info), expected, "{info}");
        }
    }
}
