//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::demo;
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
pub enum AuditCommand {
    /// Recompute every seal of the log
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the settings and say what is wrong, or how they stand
    Check,
}
