//! The port on which an operator sees the policies of a service and changes them.

use std::{
    env::VarError,
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Args;
use resilience::{
    admin::{self, Access, Token},
    operator::events_after,
};

use crate::{flags::FaultFlags, process::BadConfig, serve};

/// The variable that holds the token where no file does.
const TOKEN: &str = "ADMIN_TOKEN";

/// Where an operator is answered, and by which token.
#[derive(Args, Clone, Debug, Default)]
pub struct Operator {
    /// Address on which operators are answered; choose one of loopback [default: none]
    #[arg(long, env = "ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,

    /// File with the token of operators [default: the variable `ADMIN_TOKEN`, else on a terminal one
    /// is made and shown]
    #[arg(long, env = "ADMIN_TOKEN_FILE", value_name = "PATH", requires = "admin_listen")]
    pub admin_token_file: Option<PathBuf>,

    /// Host name under which operators come, besides those of loopback
    #[arg(long, env = "ADMIN_HOST", value_name = "NAME", requires = "admin_listen")]
    pub admin_host: Option<String>,

    /// Flags for faults.
    #[command(flatten)]
    pub flags: FaultFlags,
}

impl Operator {
    /// Follows the flags for faults, and answers operators until the process ends, if it is asked
    /// to; returns the address.
    ///
    /// # Errors
    ///
    /// The flags are wrong, the token cannot be used, or the address cannot be listened on.
    pub async fn start(&self) -> anyhow::Result<Option<SocketAddr>> {
        #[cfg(feature = "fault-injection")]
        let flags = self.flags.start().await?;
        #[cfg(not(feature = "fault-injection"))]
        self.flags.refuse()?;
        let Some(address) = self.admin_listen else { return Ok(None) };
        let mut access = Access::new().operator("operator", self.token()?);
        if let Some(host) = &self.admin_host {
            access = access.host(host);
        }
        let listener = serve::bind(address).await?;
        let address = listener.local_addr()?;
        // What changes before the first reader comes is kept for it.
        events_after(0, 0);
        #[cfg(feature = "fault-injection")]
        let router = admin::router_with_flags(access, flags);
        #[cfg(not(feature = "fault-injection"))]
        let router = admin::router(access);
        tokio::spawn(async move { serve::accept(&listener, router).await });
        Ok(Some(address))
    }

    fn token(&self) -> anyhow::Result<Token> {
        if let Some(path) = &self.admin_token_file {
            let unusable = || format!("--admin-token-file is {}", path.display());
            return Token::read(path).with_context(unusable).map_err(|error| bad_config(&error));
        }
        match std::env::var(TOKEN) {
            Ok(token) => {
                let token = Token::new(&token).with_context(|| format!("the variable {TOKEN}"));
                return token.map_err(|error| bad_config(&error));
            }
            Err(VarError::NotUnicode(_)) => {
                return Err(BadConfig(format!("the variable {TOKEN} is no text")).into());
            }
            Err(VarError::NotPresent) => {}
        }
        let mut terminal = std::io::stderr();
        if !terminal.is_terminal() {
            // It would lie in a log that is kept.
            let how = format!(
                "--admin-listen needs --admin-token-file or the variable {TOKEN} where \
                               nobody sees a token that is made"
            );
            return Err(BadConfig(how).into());
        }
        let token = Token::generate()?;
        writeln!(terminal, "operators show the token {}", token.reveal())
            .context("cannot show the token that was made")?;
        Ok(token)
    }
}

fn bad_config(error: &anyhow::Error) -> anyhow::Error {
    BadConfig(format!("{error:#}")).into()
}
