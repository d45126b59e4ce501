//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use super::demo;
use super::sessions::Who;
use crate::audit::seal::Noted;
use crate::base::id::{InvitationId, SessionId};
use crate::client::{ClientState, Profile};
use crate::crypto::keys::KeyName;

/// Tongyao (通钥): unified identity authentication service 统一身份认证服务
#[derive(Debug, Parser)]
#[command(name = "tongyao", version, disable_help_subcommand = true, propagate_version = true)]
pub struct Arguments {
    /// Settings file (TOML); environment variables TONGYAO_* go before it
    #[arg(long, global = true, value_name = "FILE", env = "TONGYAO_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything on sample data: the service and two relying systems
    Demo {
        /// The service's port; the sample systems take the next two
        #[arg(long, default_value_t = 8000, value_parser = clap::value_parser!(u16).range(1..=65533))]
        port: u16,
        /// Where the data stands and is found again at the next start
        #[arg(long, value_name = "DIR", default_value = demo::data_dir().as_os_str())]
        data: PathBuf,
    },
    /// Start the service
    Serve,
    /// Bring the schema of the database up to date
    Migrate,
    /// Make departments, clients, people, halls and staff as FILE declares them
    Apply {
        /// JSON or TOML
        file: PathBuf,
        /// Only say what would change
        #[arg(long)]
        plan: bool,
    },
    /// Look at the keys that sign and decrypt, or rotate them
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at the clients and decide about those that register themselves
    #[command(subcommand)]
    Clients(ClientsCommand),
    /// See who is signed in where, and end it; every system that saw a session is told
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Check the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Show the steps behind a refused request, by the txn of its answer
    Trace {
        #[arg(value_name = "TXN")]
        txn: String,
        /// Only if the client belongs to this department
        #[arg(long, value_name = "ID")]
        department: Option<String>,
    },
    /// Check the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check the whole installation and say what to do
    Doctor,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys, their use and their stage
    List,
    /// The next key of ALG is used from now on
    Rotate {
        /// RS256, PS256, ES256, EdDSA; RSA-OAEP-256, RSA-OAEP, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A256KW
        #[arg(value_name = "ALG")]
        name: KeyName,
        /// At once, although systems that keep our public keys for ten minutes will fail until they fetch them again:
        /// only when the current key is no longer secret
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ClientsCommand {
    /// List the clients and count them by state
    List {
        /// active, pending or disabled
        #[arg(long, value_parser = state)]
        state: Option<ClientState>,
    },
    /// Show what a client registered
    Show { client_id: String },
    /// Let a client be used that waits for it
    Approve {
        client_id: String,
        /// The department it belongs to from now on
        #[arg(long, value_name = "ID")]
        department: Option<String>,
    },
    /// Turn a client away that waits for approval
    Refuse { client_id: String },
    /// Switch a client off and revoke its tokens
    Disable { client_id: String },
    /// Switch a client on again
    Enable { client_id: String },
    /// Print a new secret; the one before works on for a while
    RotateSecret {
        client_id: String,
        /// Hours that the secret before works on
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(0..=720))]
        keep_hours: u64,
        /// Days until the new secret expires; left out: it does not
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3650))]
        days: Option<u64>,
    },
    /// Print an initial access token, with which a department registers clients
    Invite(Invite),
    /// List the initial access tokens
    Invitations,
    /// Take an initial access token back
    Revoke { invitation: InvitationId },
}

#[derive(Debug, Args)]
pub struct Invite {
    /// Whose the clients become
    #[arg(long, value_name = "ID")]
    pub department: String,
    /// How many clients it may register
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub uses: u32,
    /// Days until it expires
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=365))]
    pub days: u64,
    /// The scopes its clients may ask for without approval
    #[arg(long)]
    pub scope: Option<String>,
    /// A profile its clients may have, several times for several; the first is the one of who names none
    #[arg(long)]
    pub profile: Vec<Profile>,
}

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List the living sessions of a person
    List {
        /// A person's id (per_…), or what they sign in with
        #[arg(value_name = "PERSON")]
        who: Who,
    },
    /// End one session, or all of a person
    #[command(group = ArgGroup::new("which").required(true).args(["session", "person"]))]
    End {
        /// A session's id (ses_…)
        #[arg(long, value_name = "SESSION")]
        session: Option<SessionId>,
        /// A person's id (per_…), or what they sign in with
        #[arg(long, value_name = "PERSON")]
        person: Option<Who>,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recompute every seal of the log
    Verify {
        /// A seal that must be there, as the last run or the log says it: else nobody sees that the newest ones are gone
        #[arg(long, value_name = "NUMBER:MAC")]
        expect: Option<Noted>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the settings and say what is wrong, or how they stand
    Check,
}

fn state(word: &str) -> Result<ClientState, &'static str> {
    ClientState::of(word).ok_or("must be active, pending or disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arguments: &[&str]) -> String {
        let all = ["tongyao"].iter().chain(arguments);
        Arguments::try_parse_from(all).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_session_or_a_person_is_ended_and_either_is_as_good() {
        let session = ["--session", "ses_01928c5e7c4b7a8e9f00112233445566"];
        let person = ["--person", "citizen1"];
        let end = |with: &[&str]| told(&[&["sessions", "end"], with].concat());
        assert_eq!(end(&person), "");
        assert_eq!(end(&session), "");
        let neither = end(&[]);
        assert!(neither.contains("--session <SESSION>|--person <PERSON>"), "{neither}");
        assert!(end(&[session, person].concat()).contains("cannot be used with"));
    }
}
