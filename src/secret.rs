//! Values that cannot be printed, compared by accident, or left in memory.
//!
//! Not a vault: sealing at rest belongs to whoever stores one. Today the only long-lived secret is the
//! operator's root; a person's key and a network's key are derived from it when needed and wiped after.

pub use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};

use hkdf::Hkdf;
use sha2::Sha256;

/// The operator's root secret: 32 bytes from which every key that Bellhop uses is derived.
///
/// Its `Debug` shows nothing, it has no `Display` and no `Serialize`, and it is wiped when dropped.
#[derive(Debug, Clone)]
pub struct Root(std::sync::Arc<SecretBox<[u8; 32]>>);

impl Root {
    /// Takes 32 bytes of high entropy.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(std::sync::Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// From 64 hex digits (with or without `0x`, surrounding space allowed).
    ///
    /// # Errors
    /// `None` when it is not exactly that; the input is never echoed.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
        Some(Self::new(bytes))
    }

    /// Derives `N` bytes for one purpose: HKDF-SHA256 without salt, `info` as given.
    ///
    /// Derivations are frozen from the first release: the twins of people hang on them. `N` is at most 64
    /// here, far below HKDF's limit of 8160, so expansion cannot fail.
    pub fn derive<const N: usize>(&self, info: &str) -> SecretBox<[u8; N]> {
        const { assert!(N <= 64, "HKDF-SHA256 gives at most 8160 bytes; nothing here needs over 64") }
        let mut out = Box::new([0; N]);
        let filled = Hkdf::<Sha256>::new(None, self.0.expose_secret()).expand(info.as_bytes(), out.as_mut());
        debug_assert!(filled.is_ok(), "the length is checked at compile time");
        SecretBox::new(out)
    }
}
