//! What a caller sends to place an order.

use kit::problem::FieldError;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

const MAX_ITEM: usize = 100;
const MAX_QUANTITY: u16 = 1000;

/// What a caller sends to place an order.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrder)]
pub(crate) struct Input {
    /// Who orders.
    user_id: Uuid,
    #[schema(min_length = 1, max_length = 100, example = "teapot")]
    item: String,
    // Wider than what is allowed, so that a number out of range is told with its range.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    quantity: i64,
}

/// An order that may be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewOrder {
    pub(crate) user_id: Uuid,
    pub(crate) item: String,
    pub(crate) quantity: u16,
}

/// Tells whether two requests ask for the same.
///
/// It is taken from what the fields mean and not from the bytes of the body: a caller that
/// writes its JSON anew for a repetition still asks for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestHash([u8; 32]);

impl Input {
    /// Checks the fields; everything that is wrong is told at once.
    pub(crate) fn check(self) -> Result<NewOrder, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| {
            errors.push(FieldError { field: field.to_owned(), message });
        };
        let length = self.item.chars().count();
        if !(1..=MAX_ITEM).contains(&length) {
            let message = format!("has {length} characters, but must have 1 to {MAX_ITEM}");
            wrong("item", message);
        } else if self.item.trim().is_empty() || self.item.chars().any(char::is_control) {
            wrong("item", "must have visible characters and no control characters".into());
        }
        let quantity = u16::try_from(self.quantity).unwrap_or(0);
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            wrong("quantity", format!("is {}, but must be 1 to {MAX_QUANTITY}", self.quantity));
        }
        if errors.is_empty() {
            Ok(NewOrder { user_id: self.user_id, item: self.item, quantity })
        } else {
            Err(errors)
        }
    }
}

impl NewOrder {
    /// The hash of what is asked for.
    pub(crate) fn hash(&self) -> RequestHash {
        let Self { user_id, item, quantity } = self;
        // The item comes last: it alone has no fixed length, so no two orders run together.
        let hash = Sha256::new().chain_update(user_id).chain_update(quantity.to_be_bytes());
        RequestHash(hash.chain_update(item).finalize().into())
    }
}

impl RequestHash {
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, NewOrder, Uuid};

    fn input(item: &str, quantity: i64) -> Input {
        Input { user_id: Uuid::nil(), item: item.into(), quantity }
    }

    fn order(user: u128, item: &str, quantity: u16) -> NewOrder {
        NewOrder { user_id: Uuid::from_u128(user), item: item.into(), quantity }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let wrong = input("", 0).check().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["item", "quantity"]);
    }

    #[test]
    fn a_quantity_out_of_range_is_told_with_its_range() {
        for quantity in [i64::MIN, -1, 0, 1001, 65_537, i64::MAX] {
            let wrong = input("tea", quantity).check().unwrap_err();
            assert_eq!(wrong[0].message, format!("is {quantity}, but must be 1 to 1000"));
        }
        for quantity in [1, 1000] {
            assert_eq!(i64::from(input("tea", quantity).check().unwrap().quantity), quantity);
        }
    }

    #[test]
    fn an_item_has_one_to_a_hundred_visible_characters() {
        assert!(input(&"ü".repeat(100), 1).check().is_ok());
        for item in ["", "   ", "a\0b", "a\nb", &*"ü".repeat(101)] {
            assert_eq!(input(item, 1).check().unwrap_err()[0].field, "item", "{item:?}");
        }
    }

    #[test]
    fn the_hash_tells_every_field() {
        let one = order(1, "tea", 1);
        assert_eq!(one.hash(), order(1, "tea", 1).hash());
        for other in [order(2, "tea", 1), order(1, "tee", 1), order(1, "tea", 2)] {
            assert_ne!(one.hash(), other.hash(), "{other:?}");
        }
    }
}
