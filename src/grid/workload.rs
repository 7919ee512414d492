//! Deployment documents: workloads, challenge, hash and signature.
