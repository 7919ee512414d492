//! The token with which a twin opens a session at a relay: a JWT, signed by the twin's account (rmb.md section 2).
//!
//! Making is for both ends of the bus, reading for a relay. Errors are in the words of ThreeFold's relay,
//! because other clients show them to people.

use super::envelope::signed_by;
use crate::clock::Timestamp;
use crate::grid::{AccountId, Identity, TwinId};
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Long enough for clocks that differ by minutes; a token is used once, at once.
const LIFE: Duration = Duration::from_secs(300);

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The names that the relay's token library knows; only `RS512` is accepted, whatever the key really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    Es512,
    Ps256,
    Ps384,
    Ps512,
    #[serde(rename = "none")]
    None,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Type {
    #[serde(rename = "JWT")]
    Jwt,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    alg: Algorithm,
    typ: Option<Type>,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The twin.
    pub sub: u32,
    /// Made at, Unix seconds.
    pub iat: u64,
    /// Good until, Unix seconds.
    pub exp: u64,
    /// The session; absent is not the same as empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// Why a token is refused; the display is the relay's own text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not a token.
    #[error("jwt: {0}")]
    Malformed(String),
    /// Too late.
    #[error("jwt has expired")]
    Expired,
    /// Not signed by the twin's account.
    #[error("jwt: Invalid signature")]
    Signature,
}

/// Makes a token for `twin`, whose account is `identity`'s; `sid` names the session.
pub fn make(identity: &Identity, twin: TwinId, sid: Option<&str>, now: Timestamp) -> String {
    let header = Header { alg: Algorithm::Rs512, typ: Some(Type::Jwt) };
    let claims = Claims { sub: twin.0, iat: now.secs(), exp: now.plus(LIFE).secs(), sid: sid.map(str::to_owned) };
    // Neither can fail: both are plain structs with text keys.
    let part = |json: serde_json::Result<Vec<u8>>| BASE64.encode(json.unwrap_or_default());
    let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(&claims)));
    let signature = BASE64.encode(identity.sign_prefixed(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A token that has been read but not checked: the twin's account must be looked up in between.
#[derive(Debug, Clone)]
pub struct Unverified<'a> {
    /// What it says.
    pub claims: Claims,
    algorithm: Algorithm,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Reads a token and checks its expiry.
    ///
    /// # Errors
    /// When it is not a token, or is too old at `now`.
    pub fn read(text: &'a str, now: Timestamp) -> Result<Self, BadToken> {
        let malformed = |what: &str| BadToken::Malformed(what.to_owned());
        let mut parts = text.split('.');
        let header = parts.next().unwrap_or_default();
        let claims = parts.next().ok_or_else(|| malformed("No claims component found in token string"))?;
        let signature = parts.next().ok_or_else(|| malformed("No signature component found in token string"))?;
        if parts.next().is_some() {
            return Err(malformed("Too many components found in token string"));
        }
        let signed = text.get(..header.len() + 1 + claims.len()).unwrap_or_default();
        let (header, claims): (Header, Claims) = (json(header)?, json(claims)?);
        let signature = decode(signature)?;
        if now.secs() > claims.exp {
            return Err(BadToken::Expired);
        }
        Ok(Self { claims, algorithm: header.alg, signed, signature })
    }

    /// Checks that `account` signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(self, account: &AccountId) -> Result<Claims, BadToken> {
        if self.algorithm != Algorithm::Rs512 {
            return Err(BadToken::Malformed(format!("Expected algorithm type {:?} but found Rs512", self.algorithm)));
        }
        if signed_by(account, self.signed.as_bytes(), &self.signature) {
            Ok(self.claims)
        } else {
            Err(BadToken::Signature)
        }
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, BadToken> {
    serde_json::from_slice(&decode(part)?).map_err(|error| BadToken::Malformed(error.to_string()))
}

fn decode(part: &str) -> Result<Vec<u8>, BadToken> {
    BASE64.decode(part).map_err(|error| {
        BadToken::Malformed(match error {
            DecodeError::InvalidByte(at, byte) => format!("Invalid byte {byte}, offset {at}."),
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
                "Encoded text cannot have a 6-bit remainder.".to_owned()
            }
            DecodeError::InvalidLastSymbol(at, byte) => format!("Invalid last symbol {byte}, offset {at}."),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::KeyKind;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn identity(kind: KeyKind) -> Identity {
        Identity::from_mini_secret(kind, [7; 32]).unwrap()
    }

    #[test]
    fn a_token_is_read_back_and_bound_to_its_account() {
        for kind in [KeyKind::Sr25519, KeyKind::Ed25519] {
            for sid in [None, Some(""), Some("a:b")] {
                let me = identity(kind);
                let token = make(&me, TwinId(42), sid, NOW);
                let read = || Unverified::read(&token, NOW).unwrap();
                assert_eq!(read().verify(&AccountId([1; 32])), Err(BadToken::Signature));
                let claims = read().verify(&me.account()).unwrap();
                assert_eq!((claims.sub, claims.sid.as_deref()), (42, sid));
            }
        }
    }

    #[test]
    fn the_last_second_still_counts() {
        let token = make(&identity(KeyKind::Ed25519), TwinId(1), None, NOW);
        assert!(Unverified::read(&token, NOW.plus(LIFE)).is_ok());
        let late = Unverified::read(&token, NOW.plus(LIFE + Duration::from_secs(1)));
        assert_eq!(late.unwrap_err(), BadToken::Expired);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(text in "[A-Za-z0-9_.=!é-]{0,80}", account: [u8; 32]) {
            if let Ok(token) = Unverified::read(&text, NOW) {
                prop_assert!(token.verify(&AccountId(account)).is_err());
            }
        }
    }
}
