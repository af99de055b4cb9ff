//! TLS of what Linli asks by itself (buckets, issuers, webhooks): rustls with ring, the one that the database uses too.

/// Makes ring the provider of the process, once. Whoever builds an HTTP client calls it before.
pub fn install() {
    // The second call finds the first one's provider in its place, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
