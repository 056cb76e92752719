//! The messages, clients and servers of `/proto`, generated when this crate is built. Nothing else lives here:
//! what the services promise stands in the `.proto` files, which anybody can compile for any language.

/// `banso.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("banso.v1");

    /// What the files say, for reflection: a `google.protobuf.FileDescriptorSet`.
    pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("banso.v1");
}
