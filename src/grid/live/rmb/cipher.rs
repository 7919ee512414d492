//! End-to-end encryption of payloads: ECDH on secp256k1, then AES-256-GCM (rmb.md section 4).
//!
//! Not here: whose key is whose (the chain's `twin.pk`), and when to encrypt (the bus decides).

use crate::clock::Dice;
use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use sha2::{Digest, Sha256};

const NONCE: usize = 12;

/// The other side's key is not a point on the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the twin's encryption key is not a key")]
pub struct BadKey;

/// The field was not made with this key, or was changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be decrypted")]
pub struct BadCipher;

/// What two twins have in common: the key for messages in both directions. It wipes itself.
pub struct Shared(Aes256Gcm);

impl Shared {
    /// From one's own secret and the other twin's `pk` on the chain: SHA-256 of the point's X coordinate.
    ///
    /// # Errors
    /// When `theirs` is not a public key.
    pub fn new(mine: &k256::SecretKey, theirs: &[u8]) -> Result<Self, BadKey> {
        let theirs = k256::PublicKey::from_sec1_bytes(theirs).map_err(|_| BadKey)?;
        let point = k256::ecdh::diffie_hellman(mine.to_nonzero_scalar(), theirs.as_affine());
        let mut key = Sha256::digest(point.raw_secret_bytes());
        let cipher = Aes256Gcm::new(&key);
        zeroize::Zeroize::zeroize(key.as_mut_slice());
        Ok(Self(cipher))
    }

    /// Encrypts with a fresh nonce; the field is nonce, ciphertext, tag.
    pub fn seal(&self, dice: &Dice, plain: &[u8]) -> Vec<u8> {
        self.seal_with(dice.bytes(), plain)
    }

    fn seal_with(&self, nonce: [u8; NONCE], plain: &[u8]) -> Vec<u8> {
        let mut field = nonce.to_vec();
        // AES-GCM fails only beyond 64 GiB, which no message here can be.
        field.extend(self.0.encrypt(Nonce::from_slice(&nonce), plain).unwrap_or_default());
        field
    }

    /// Decrypts a field.
    ///
    /// # Errors
    /// When it is too short, was changed, or was made with another key.
    pub fn open(&self, field: &[u8]) -> Result<Vec<u8>, BadCipher> {
        let (nonce, sealed) = field.split_at_checked(NONCE).ok_or(BadCipher)?;
        self.0.decrypt(Nonce::from_slice(nonce), sealed).map_err(|_| BadCipher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn pair() -> (Shared, Shared) {
        let (a, b) = (k256::SecretKey::from_slice(&[1; 32]).unwrap(), k256::SecretKey::from_slice(&[2; 32]).unwrap());
        let public = |key: &k256::SecretKey| key.public_key().to_sec1_bytes();
        (Shared::new(&a, &public(&b)).unwrap(), Shared::new(&b, &public(&a)).unwrap())
    }

    #[test]
    fn equals_the_official_client() {
        let data: Value = serde_json::from_str(include_str!("../../../../tests/data/rmb_e2e.json")).unwrap();
        let bytes = |value: &Value| hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap();
        let vectors = data["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 12);
        for vector in vectors {
            let secret = k256::SecretKey::from_slice(&bytes(&vector["sender_secret_hex"])).unwrap();
            let shared = Shared::new(&secret, &bytes(&vector["recipient_public_hex"])).unwrap();
            let (plain, field) =
                (vector["plaintext_utf8"].as_str().unwrap().as_bytes(), bytes(&vector["cipher_field_hex"]));
            let nonce = bytes(&vector["nonce_hex"]).try_into().unwrap();
            assert_eq!(shared.seal_with(nonce, plain), field, "{vector}");
            assert_eq!(shared.open(&field).unwrap(), plain, "{vector}");
        }
    }

    #[test]
    fn nonces_are_fresh_and_changes_are_seen() {
        let ((ours, theirs), dice) = (pair(), Dice::seeded(1));
        let (one, two) = (ours.seal(&dice, b"x"), ours.seal(&dice, b"x"));
        assert_ne!(one[..NONCE], two[..NONCE]);
        assert_eq!(theirs.open(&one).unwrap(), b"x");
        for at in 0..one.len() {
            let mut changed = one.clone();
            changed[at] ^= 1;
            assert_eq!(theirs.open(&changed), Err(BadCipher), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(field: Vec<u8>, key: Vec<u8>) {
            prop_assert!(pair().0.open(&field).is_err());
            let mine = k256::SecretKey::from_slice(&[1; 32]).unwrap();
            prop_assert!(Shared::new(&mine, &key).is_err());
        }
    }
}
