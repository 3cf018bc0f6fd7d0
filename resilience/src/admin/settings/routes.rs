use axum::{
    Extension,
    body::Bytes,
    extract::rejection::BytesRejection,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header::ETAG};

use super::{
    replace::{self, Refused},
    shown::{Told, in_force, no_table},
    tag::IfMatch,
};
use crate::{
    admin::{
        access::Caller,
        policies::{Fresh, PolicyPath, named, whole},
        problem::Problem,
    },
    wire::Replaced,
};

/// What the replacement of settings is called in events and answers.
const COMMAND: &str = "replace_settings";

pub(in crate::admin) async fn read(id: PolicyPath) -> Result<Response, Problem> {
    let listed = named(id)?;
    let Told { state, tag } = in_force(&listed)
        .ok_or_else(|| problem(Refused::NotForThis(no_table(listed.policy().kind()))))?;
    let mut response = Fresh(state).into_response();
    response.headers_mut().insert(ETAG, tag.header());
    Ok(response)
}

pub(in crate::admin) async fn replace(
    id: PolicyPath,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let listed = named(id)?;
    let body = whole(body)?;
    let seen = IfMatch::of(&headers);
    let Told { state, tag } = replace::replace(&listed, &body, &seen).map_err(problem)?;
    listed.note(listed.policy().kind(), COMMAND, &caller.who);
    // In a header it would say that the settings are in force as they were sent (RFC 9110, section
    // 9.3.4), but defaults are filled in.
    let done = Replaced {
        command: COMMAND.to_owned(),
        policy: listed.state(),
        settings: state,
        tag: tag.into_text(),
    };
    Ok(Fresh(done).into_response())
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::NotForThis(why) => Problem::new(StatusCode::CONFLICT, "not_for_this_policy", why),
        Refused::Unreadable(why) => Problem::new(StatusCode::BAD_REQUEST, "invalid_json", why),
        Refused::Changed => {
            let detail = "the settings in force are not those that if-match names; read them again";
            Problem::new(StatusCode::PRECONDITION_FAILED, "settings_changed", detail)
        }
        Refused::Wrong(mistakes) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_settings", "")
                .with_mistakes(mistakes)
        }
    }
}
