//! Reading by position: everything up to the position asked for, and nothing behind it.

use super::fixture::Fixture;
use crate::bus::Bus;
use crate::intake::window::Windows;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_gives_all_up_to_its_end_and_nothing_behind_it() {
    let fixture = Fixture::new().await;
    let mut own = Vec::new();
    // Runs of its own and of the other's, short and long.
    for (n, length) in [1u64, 2, 3, 40, 1, 70, 5, 1, 33].into_iter().enumerate() {
        let sent = fixture.publish(["hospital", "municipality"][n % 2], 0..length).await;
        own.extend(sent.into_iter().filter(|_| n % 2 == 0));
    }
    let end = 156;
    let mut windows = Windows::after(Bus::new(fixture.client("intake").await), "hospital".to_owned(), 0);
    let mut read = Vec::new();
    // The end as it was seen while messages came in.
    for last in [1, 2, 5, 6, 7, 30, 46, 47, 48, 100, 117, 121, end] {
        while windows.reached() < last {
            read.extend(windows.next(last).await.unwrap().into_iter().map(|message| message.seq));
            assert!(windows.reached() <= last, "{} behind {last}", windows.reached());
        }
        let all: Vec<u64> = own.iter().copied().filter(|seq| *seq <= last).collect();
        assert_eq!(read, all, "up to {last}");
        assert!(windows.next(last).await.unwrap().is_empty());
    }
    assert_eq!(read, own);
}
