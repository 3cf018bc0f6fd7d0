//! That the broken build breaks what a check of the data must find.

use super::{
    client::{Orders, tea},
    users::Users,
};

#[tokio::test]
async fn a_repeated_key_places_two_orders() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &["--break-idempotency"]).await;
    for _ in 0..2 {
        assert_eq!(orders.place("k1", &tea()).await.status, 201);
    }
    assert_eq!(orders.all().await.len(), 2);
}

#[tokio::test]
async fn without_the_flag_the_promise_is_kept() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    for _ in 0..2 {
        assert_eq!(orders.place("k1", &tea()).await.status, 201);
    }
    assert_eq!(orders.all().await.len(), 1);
}
