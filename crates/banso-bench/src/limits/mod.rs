//! What the database can do: the same work without banso, as bare statements.

pub(crate) mod insert;
pub(crate) mod load_and_insert;
pub(crate) mod publish;
