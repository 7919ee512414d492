//! Values that cannot be printed, compared by accident, or left in memory.
//!
//! And how to tell that a text holds one. Not a vault: sealing at rest belongs to whoever stores one. Today the only long-lived secret is the
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

/// Words of a seed phrase in a row that are one, whatever stands around them.
const PHRASE: usize = 12;
/// Letters in a row that are (a line of) a key.
const KEY: usize = 60;

/// Whether a text seems to hold a seed phrase or a private key. Rather once too often: what seems so is not kept.
///
/// A seed phrase is twelve or more words of the BIP-39 English list in a row; a key is 32 bytes in hex, a PEM
/// block, or a line of one (pasted, each line of it may arrive by itself).
pub fn looks_secret(text: &str) -> bool {
    let known = |word: &str| bip39::Language::English.find_word(&word.to_lowercase()).is_some();
    let words = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    let mut row = 0;
    for word in words {
        row = if known(word) { row + 1 } else { 0 };
        if row >= PHRASE {
            return true;
        }
    }
    let hex = |word: &str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let line = text.trim();
    // A public SSH key's body begins with AAAA.
    let body = line.len() >= KEY
        && !line.starts_with("AAAA")
        && line.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"+/=".contains(&letter));
    body || text.contains("PRIVATE KEY-----") || text.split([' ', ':', '=', '"', '\'', '\n']).any(hex)
}

#[cfg(test)]
mod tests {
    use super::looks_secret;

    #[test]
    fn what_looks_secret_is_known() {
        let phrase = "abandon ability able about above absent absorb abstract absurd abuse access accident";
        for secret in [
            phrase,
            &format!("/claim \"{}\"", phrase.to_uppercase()),
            &format!("my words are: {}", phrase.replace(' ', ", ")),
            &format!("1. {}", phrase.replace(' ', " 2. ")),
            &format!("0x{}", "ab".repeat(32)),
            &"0F".repeat(32),
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            &"b3BlbnNzaC1rZXkt".repeat(5),
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for plain in [
            "/deploy casper name:first size:small terms:yes now:yes",
            "please deploy a casper node in europe for me and tell me what it costs a month",
            "5GjE2iF92ucDFLYdQPdPuLYunkJNga8G2J8JnWoJcNQrtQA6",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7Zp0m9j6Y2P0dVxv5R1xH4s0m7tQyJ8l3gk2n5u1aB me@host",
            "AAAAC3NzaC1lZDI1NTE5AAAAIB7Zp0m9j6Y2P0dVxv5R1xH4s0m7tQyJ8l3gk2n5u1aB",
            "abandon ability able about above absent",
            "",
        ] {
            assert!(!looks_secret(plain), "{plain}");
        }
    }
}
