//! What the database can do: the same work without banso, as bare statements.

pub(crate) mod copy_out;
pub(crate) mod insert;
pub(crate) mod load_and_insert;
pub(crate) mod publish;
pub(crate) mod raw;
pub(crate) mod select;
pub(crate) mod stream;
pub(crate) mod unnest;

/// Salt and chain of every row that a limit writes into banso's table: as long as what they stand for.
const SALT: &[u8] = &[7; 16];
const CHAIN: &[u8] = &[7; 32];

/// How far apart the positions of two connections begin that must never write the same: none writes so many.
const POSITIONS_EACH: i64 = 1_000_000_000;
