//! What the database can do: the same work without banso, as bare statements.

pub(crate) mod copy_out;
pub(crate) mod insert;
pub(crate) mod load_and_insert;
pub(crate) mod publish;
pub(crate) mod raw;
pub(crate) mod select;
pub(crate) mod stream;
pub(crate) mod unnest;
