//! What [`crate::Leases`] promises.

use super::Fixture;
use crate::Renewed;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn renewed(members: &[&str], held: &[&str]) -> Renewed {
    Renewed { members: names(members), held: names(held) }
}

/// 1
pub async fn a_name_has_one_holder(store: &dyn Fixture) {
    let (a, b) = (store.store(), store.store_of_another_process());
    let wanted = names(&["1", "2", "3"]);
    assert_eq!(a.renew("parts", "a", &wanted, LONG).await.unwrap(), renewed(&["a"], &["1", "2", "3"]));
    assert_eq!(b.renew("parts", "b", &wanted, LONG).await.unwrap(), renewed(&["a", "b"], &[]));
    // Kept, and given back.
    assert_eq!(a.renew("parts", "a", &names(&["1"]), LONG).await.unwrap(), renewed(&["a", "b"], &["1"]));
    assert_eq!(b.renew("parts", "b", &wanted, LONG).await.unwrap(), renewed(&["a", "b"], &["2", "3"]));
    // Another group has names of its own.
    assert_eq!(b.renew("relay", "b", &names(&["1"]), LONG).await.unwrap(), renewed(&["b"], &["1"]));
    // Whatever the order in which they come, nobody holds what somebody else holds.
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let store = if n % 2 == 0 { store.store() } else { store.store_of_another_process() };
            let wanted = wanted.clone();
            tokio::spawn(
                async move { store.renew("race", &format!("h{n}"), &wanted, LONG).await.unwrap().held },
            )
        })
        .collect();
    let mut held = Vec::new();
    for task in tasks {
        held.extend(task.await.unwrap());
    }
    held.sort();
    assert_eq!(held, wanted);
}

/// 2
pub async fn what_is_not_renewed_is_free_after_its_time(store: &dyn Fixture) {
    let store = store.store();
    let wanted = names(&["1"]);
    store.renew("parts", "a", &wanted, Duration::from_millis(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.renew("parts", "b", &wanted, LONG).await.unwrap(), renewed(&["b"], &["1"]));
    assert_eq!(store.renew("parts", "a", &wanted, LONG).await.unwrap(), renewed(&["a", "b"], &[]));
}

/// A graceful end.
pub async fn who_leaves_gives_back(store: &dyn Fixture) {
    let store = store.store();
    let wanted = names(&["1"]);
    store.renew("parts", "a", &wanted, LONG).await.unwrap();
    store.leave("other", "a").await.unwrap();
    assert_eq!(store.renew("parts", "b", &wanted, LONG).await.unwrap(), renewed(&["a", "b"], &[]));
    store.leave("parts", "a").await.unwrap();
    assert_eq!(store.renew("parts", "b", &wanted, LONG).await.unwrap(), renewed(&["b"], &["1"]));
}
