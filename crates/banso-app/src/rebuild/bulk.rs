//! Writing a new version in bulk.

use super::taken_over;
use banso_kernel::{Part, Seq};
use banso_log::{Checkpoint, LogError, Models, Move, PersonWrite};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Writes some parts of a new version. Every write compares and raises the checkpoints of the parts whose persons it
/// holds: a projector that took the version for its own is noticed before anything of its is overwritten.
pub(super) struct Bulk {
    models: Arc<dyn Models>,
    version: u32,
    checkpoints: BTreeMap<Part, Checkpoint>,
}

impl Bulk {
    pub(super) async fn begin(
        models: Arc<dyn Models>,
        version: u32,
        parts: &BTreeSet<Part>,
    ) -> Result<Self, LogError> {
        let checkpoints = Part::all().zip(models.checkpoints(version).await?);
        let checkpoints: BTreeMap<Part, Checkpoint> =
            checkpoints.filter(|(part, _)| parts.contains(part)).collect();
        if checkpoints.len() < parts.len() || checkpoints.values().any(|checkpoint| checkpoint.seq > 0) {
            return Err(taken_over());
        }
        Ok(Self { models, version, checkpoints })
    }

    pub(super) async fn write(
        &mut self,
        ends: &[(Part, Seq)],
        writes: &mut Vec<PersonWrite>,
    ) -> Result<(), LogError> {
        // Where no part ends yet, those of the persons written stay where they are, and are raised.
        let staying: BTreeSet<Part> =
            writes.iter().map(|write| write.stream.part()).filter(|_| ends.is_empty()).collect();
        let stays = staying.into_iter().filter_map(|part| Some((part, self.checkpoints.get(&part)?.seq)));
        let moves = ends
            .iter()
            .copied()
            .chain(stays)
            .filter_map(|(part, to)| Some(Move { part, from: *self.checkpoints.get(&part)?, to }));
        let moves: Vec<Move> = moves.collect();
        if !self.models.commit(self.version, &moves, writes).await? {
            return Err(taken_over());
        }
        for Move { part, from, to } in moves {
            self.checkpoints.insert(part, Checkpoint { seq: to, rev: from.rev + 1 });
        }
        writes.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_kernel::{StreamId, SystemIds};
    use banso_log::{SqliteStore, StoredState};

    #[tokio::test]
    async fn what_a_projector_wrote_into_one_of_its_parts_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::migrate(dir.path(), &SystemIds).unwrap();
        let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let version = store.create(7).await.unwrap();
        let parts: BTreeSet<Part> = Part::all().collect();
        let mut bulk = Bulk::begin(store.clone(), version, &parts).await.unwrap();
        let stream: StreamId = "person/haru".parse().unwrap();
        assert_ne!(parts.first(), Some(&stream.part()));
        let write = |stream_seq| PersonWrite {
            stream: stream.clone(),
            state: StoredState { code: 7, stream_seq, body: bytes::Bytes::new() },
            rows: None,
        };
        bulk.write(&[], &mut vec![write(1)]).await.unwrap();
        // A projector that keeps this part, and no other.
        let from = store.checkpoints(version).await.unwrap()[usize::from(stream.part().number())];
        let moved = Move { part: stream.part(), from, to: 2 };
        assert!(store.commit(version, &[moved], &[write(2)]).await.unwrap());
        assert!(bulk.write(&[], &mut vec![write(1)]).await.is_err());
        let stored = store.states(version, std::slice::from_ref(&stream)).await.unwrap();
        assert_eq!(stored[0].as_ref().map(|state| state.stream_seq), Some(2));
    }
}
