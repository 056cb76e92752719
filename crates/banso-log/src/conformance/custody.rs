//! What [`crate::Custody`] promises.

use super::Fixture;
use super::case::{Case, admitted, numbered};
use crate::{AppendError, LogError};

async fn is_held(case: &Case, n: u64) {
    match case.try_append(numbered("person/haru", n)).await {
        Err(AppendError::Unavailable(error)) => match &*error {
            LogError::Held { reason } => assert_eq!(reason, "the bus knows more"),
            other => panic!("{other}"),
        },
        other => panic!("{other:?}"),
    }
}

/// 1, 2
pub async fn a_held_log_takes_nothing_until_it_is_let_go(store: &dyn Fixture) {
    let (one, other) = (Case::on(store.log()), Case::on(store.log_of_another_process()));
    for n in 0..4 {
        admitted(&one.append(numbered("person/haru", n)).await);
    }
    assert_eq!(store.store().held().await.unwrap(), None);
    store.store_of_another_process().hold("the bus knows more").await.unwrap();
    store.store().hold("a later reason").await.unwrap();
    assert_eq!(store.store().held().await.unwrap().as_deref(), Some("the bus knows more"));
    is_held(&one, 4).await;
    is_held(&other, 4).await;
    is_held(&Case::on(store.log_of_another_process()), 4).await;
    assert_eq!(store.log().head().await.unwrap(), 4);
    store.store_of_an_operator().let_go().await.unwrap();
    assert_eq!(store.store().held().await.unwrap(), None);
    assert_eq!(admitted(&one.append(numbered("person/haru", 4)).await).seq, 5);
    assert_eq!(admitted(&other.append(numbered("person/haru", 5)).await).seq, 6);
}

/// The other way out.
pub async fn a_new_epoch_ends_the_hold(store: &dyn Fixture) {
    let before = store.store().identity().await.unwrap();
    assert_eq!(before.epoch, 1);
    store.store().hold("the bus knows more").await.unwrap();
    let after = store.store_of_an_operator().begin_epoch().await.unwrap();
    assert_eq!((&after.log_id, after.epoch), (&before.log_id, 2));
    // Also those who had opened it before.
    for store in [store.store(), store.store_of_another_process()] {
        assert_eq!(store.identity().await.unwrap(), after);
    }
    admitted(&Case::on(store.log()).append(numbered("person/haru", 0)).await);
}
