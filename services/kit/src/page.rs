//! Lists in pages: how many entries, and after which one.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use http::StatusCode;
use uuid::Uuid;

use crate::problem::{FieldError, Problem};

/// The entries of a page when the caller does not say.
pub const DEFAULT_LIMIT: u16 = 50;

/// The most entries that a page may have.
pub const MAX_LIMIT: u16 = 200;

/// The query string of a list, read parameter by parameter.
///
/// Unknown parameters are ignored; of a repeated one the last counts.
#[derive(Clone, Debug, Default)]
pub struct Params(HashMap<String, String>);

/// One page of a list that is ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    limit: u16,
    after: Option<Uuid>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_query",
                "the query string must be name=value pairs joined by &",
            )),
        }
    }
}

impl Params {
    /// The page that `limit` and `after` ask for.
    pub fn page(&self) -> Result<Page, Problem> {
        let limit = match self.0.get("limit") {
            None => DEFAULT_LIMIT,
            Some(given) => {
                given.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(
                    || wrong("limit", format!("is {given:?}, but must be 1 to {MAX_LIMIT}")),
                )?
            }
        };
        Ok(Page { limit, after: self.uuid("after")? })
    }

    /// The parameter `name`, which must be a UUID when it is given.
    pub fn uuid(&self, name: &'static str) -> Result<Option<Uuid>, Problem> {
        let parse = |given: &String| {
            Uuid::parse_str(given)
                .map_err(|_| wrong(name, format!("is {given:?}, but must be a UUID")))
        };
        self.0.get(name).map(parse).transpose()
    }
}

fn wrong(field: &str, message: String) -> Problem {
    Problem::invalid_fields(vec![FieldError { field: field.to_owned(), message }])
}

impl Page {
    /// How many rows to read: one more than the page has, which tells whether it is the last.
    pub fn rows(&self) -> u32 {
        u32::from(self.limit) + 1
    }

    /// The id that every entry comes after, as text; the empty text comes before every id.
    pub fn after(&self) -> String {
        self.after.map(|id| id.to_string()).unwrap_or_default()
    }

    /// Cuts `rows` to the page, and returns the id to ask for the next one after.
    pub fn cut<T>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<Uuid>) {
        let more = rows.len() > usize::from(self.limit);
        rows.truncate(self.limit.into());
        let next = rows.last().filter(|_| more).map(id);
        (rows, next)
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Params, Uuid};

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn a_limit_out_of_range_names_what_was_given_and_what_is_allowed() {
        for given in ["0", "201", "-1", "many", ""] {
            let problem = params(&[("limit", given)]).page().unwrap_err();
            let wrong = &problem.errors()[0];
            assert_eq!(wrong.field, "limit");
            assert_eq!(wrong.message, format!("is {given:?}, but must be 1 to 200"));
        }
        assert_eq!(params(&[]).page().unwrap(), Page { limit: 50, after: None });
        assert_eq!(params(&[("limit", "200")]).page().unwrap().rows(), 201);
    }

    #[test]
    fn an_id_that_is_no_uuid_is_a_wrong_field() {
        let problem = params(&[("after", "7")]).page().unwrap_err();
        assert_eq!(problem.errors()[0].field, "after");
    }

    #[test]
    fn a_full_page_has_a_next_only_when_more_follows() {
        let page = Page { limit: 2, after: None };
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let (rows, next) = page.cut(ids.to_vec(), |id| *id);
        assert_eq!((rows, next), (ids[..2].to_vec(), Some(ids[1])));
        let (rows, next) = page.cut(ids[..2].to_vec(), |id| *id);
        assert_eq!((rows, next), (ids[..2].to_vec(), None));
    }
}
