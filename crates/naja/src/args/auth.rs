//! `naja auth`: logins for services.

use naja_project::settings::{ArgumentLayer, KeyringProvider, SettingsError};

use super::layer::words;

/// Which keyring holds the logins.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ProviderArgs {
    /// Use this program instead of the keyring of the system.
    #[arg(long, value_name = "PROVIDER",
          value_parser = words::<KeyringProvider>(KeyringProvider::WORDS))]
    pub(crate) keyring_provider: Option<KeyringProvider>,
}

impl ProviderArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let provider = self.keyring_provider.map(KeyringProvider::as_str);
        to.value("keyring-provider", "--keyring-provider", provider)
    }
}

/// Keep a login for a service.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AuthLoginArgs {
    /// The host or the address of the service.
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,

    /// The user name.
    #[arg(long, short, value_name = "NAME", conflicts_with = "token")]
    pub(crate) username: Option<String>,

    /// The password; `-` reads it from standard input. It is asked for on a terminal otherwise,
    /// which keeps it from the eyes of others.
    #[arg(long, value_name = "PASSWORD", conflicts_with = "token")]
    pub(crate) password: Option<String>,

    /// A token; `-` reads it from standard input. The user name is `__token__` then.
    #[arg(long, short, value_name = "TOKEN")]
    pub(crate) token: Option<String>,

    #[command(flatten)]
    pub(crate) provider: ProviderArgs,
}

/// Which of the logins that are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct KeptLoginArgs {
    /// The host or the address of the service.
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,

    /// The user name, if several are kept.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) username: Option<String>,

    #[command(flatten)]
    pub(crate) provider: ProviderArgs,
}

/// Forget a login.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AuthLogoutArgs {
    #[command(flatten)]
    pub(crate) login: KeptLoginArgs,
}

/// Show the password or token that is kept for a service.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AuthTokenArgs {
    #[command(flatten)]
    pub(crate) login: KeptLoginArgs,
}

/// Show the directory where logins are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AuthDirArgs {
    /// A service; all are kept in one place.
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
}
