//! A projector that commits late: it read a page, somebody else went on, and only then it writes. What keeps the
//! read models right is that its commit compares checkpoints.

use super::fixture::{Fixture, fact, models_but_for_commits, told};
use crate::audit::{self, Findings};
use crate::projector::Projector;
use banso_domain::Payload;
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_log::{LogError, Models, Move, PersonWrite, SqliteStore};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Read models whose commits wait to be let go, and may go through whatever stands there.
struct Late {
    models: Arc<SqliteStore>,
    /// Whether commits go through without a comparison.
    unfenced: bool,
    came: Semaphore,
    let_go: Semaphore,
}

models_but_for_commits!(Late, models, commit_late);

impl Late {
    async fn commit_late(
        &self,
        version: u32,
        moves: &[Move],
        writes: &[PersonWrite],
    ) -> Result<bool, LogError> {
        self.came.add_permits(1);
        self.let_go.acquire().await.unwrap().forget();
        let mut moves = moves.to_vec();
        if self.unfenced {
            let stand = self.models.checkpoints(version).await?;
            for moved in &mut moves {
                moved.from = stand[usize::from(moved.part.number())];
                // One that goes back is refused by the store for itself.
                moved.to = moved.to.max(moved.from.seq);
            }
        }
        self.models.commit(version, &moves, writes).await
    }

    fn on(fixture: &Fixture, unfenced: bool, let_go: usize) -> Arc<Self> {
        let (came, let_go) = (Semaphore::new(0), Semaphore::new(let_go));
        Arc::new(Self { models: fixture.store.clone(), unfenced, came, let_go })
    }
}

/// One projector writes what was true before the other one went on; then that one goes on.
async fn interleaved(unfenced: bool) -> Findings {
    let fixture = Fixture::new();
    let made = ReferralMade { referral: "haru:r1".parse().unwrap(), parent: None, ..ReferralMade::sample() };
    let accepted = ReferralAccepted { referral: made.referral.clone(), by: made.to[0].clone() };
    let prompt = Late::on(&fixture, unfenced, Semaphore::MAX_PERMITS);
    let late = Late::on(&fixture, unfenced, 0);
    let mut one = Projector::start(fixture.store.clone(), prompt).await.unwrap();
    let mut other = Projector::start(fixture.store.clone(), late.clone()).await.unwrap();

    fixture.append(told("haru", "r1", "unknown", made)).await;
    let overtaken = tokio::spawn(async move { other.step().await.unwrap() });
    late.came.acquire().await.unwrap().forget();
    assert!(one.step().await.unwrap());
    fixture.append(told("haru", "a1", "unknown", accepted)).await;
    assert!(one.step().await.unwrap());
    late.let_go.add_permits(1);
    assert!(overtaken.await.unwrap());

    fixture.append(fact("haru", 3)).await;
    assert!(one.step().await.unwrap());
    audit::read_models(&*fixture.store, &*fixture.store).await.unwrap()
}

#[tokio::test]
async fn a_projector_that_was_overtaken_writes_nothing() {
    let findings = interleaved(false).await;
    assert_eq!((findings.breaches, findings.looked_at), (0, 1), "{:?}", findings.listed);
}

/// The guard is one: without it the audit turns red.
#[tokio::test]
async fn without_the_comparison_an_overtaken_projector_spoils_the_read_models_and_the_audit_sees_it() {
    let findings = interleaved(true).await;
    let rows = |breach: &audit::Breach| breach.invariant == "I3" && breach.found.contains("the stored rows");
    assert!(findings.listed.iter().any(rows), "{:?}", findings.listed);
}
