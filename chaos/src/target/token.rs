use anyhow::Context;

use super::Container;

/// The environment variable in which a service is given the token of operators.
pub(super) const TOKEN_VARIABLE: &str = "ADMIN_TOKEN";

/// The one that names a file with the token, and counts in place of the other.
const FILE_VARIABLE: &str = "ADMIN_TOKEN_FILE";

/// The token to which the service in `container` listens as an operator's.
///
/// # Errors
///
/// When the engine cannot be asked, or the service was given none.
pub(super) async fn token(container: &Container) -> anyhow::Result<String> {
    let which = container.which();
    let Some(path) = container.variable(FILE_VARIABLE).await? else {
        let given = container.variable(TOKEN_VARIABLE).await?;
        return given.with_context(|| {
            format!("the {which} has no variable {FILE_VARIABLE} or {TOKEN_VARIABLE}")
        });
    };
    let text = container.read_file(&path).await?;
    let token = text.with_context(|| format!("there is no {path} in the {which}"))?;
    Ok(token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fake_engine::FakeEngine;

    #[tokio::test]
    async fn a_token_in_a_file_counts_and_one_in_a_variable_where_there_is_no_file() {
        let engine = FakeEngine::start().await;
        let container = engine.container().await;
        assert_eq!(token(&container).await.unwrap(), "secret");
        engine.set("ADMIN_TOKEN_FILE=/operator/token");
        assert_eq!(token(&container).await.unwrap(), "secret-in-a-file");
    }

    #[tokio::test]
    async fn where_no_token_is_to_be_had_what_was_looked_for_is_named() {
        let engine = FakeEngine::start().await;
        let container = engine.container().await;
        engine.set("ADMIN_TOKEN_FILE=/none");
        let error = token(&container).await.unwrap_err().to_string();
        let expected = "there is no /none in the container of user in the project shop";
        assert!(error.starts_with(expected), "{error}");
        engine.set("ADMIN_TOKEN=");
        let error = token(&container).await.unwrap_err().to_string();
        assert!(error.ends_with("has no variable ADMIN_TOKEN_FILE or ADMIN_TOKEN"), "{error}");
    }
}
