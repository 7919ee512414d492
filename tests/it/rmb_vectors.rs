//! Keys, tokens and envelopes of the message bus against vectors made by the official client (tests/data, facts).
//!
//! The cipher's vectors are beside the cipher: they fix the nonce, which its public face does not allow.

use bellhop::clock::Timestamp;
use bellhop::grid::live::rmb::envelope::{Envelope, Message};
use bellhop::grid::live::rmb::token::{self, Unverified};
use bellhop::grid::{AccountId, Identity, KeyKind, TwinId};
use serde_json::Value;

fn read(text: &str, list: &str) -> Vec<Value> {
    let data: Value = serde_json::from_str(text).unwrap();
    data[list].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(value, name).trim_start_matches("0x")).unwrap()
}

fn account(value: &Value, name: &str) -> AccountId {
    AccountId(bytes(value, name).try_into().unwrap())
}

#[test]
fn keys() {
    let keys = read(include_str!("../data/rmb_keys.json"), "keys");
    assert!(keys.len() >= 7);
    for key in &keys {
        let sr = Identity::from_uri(key["mnemonic"].as_str().or(key["seed_uri"].as_str()).unwrap()).unwrap();
        assert_eq!(sr.account(), account(key, "sr25519_public_hex"), "{key}");
        assert_eq!(sr.account().to_string(), text(key, "sr25519_ss58_42"));
        assert_eq!(text(key, "sr25519_ss58_42").parse(), Ok(sr.account()));
        let mini: [u8; 32] = bytes(key, "secp256k1_secret_hex").try_into().unwrap();
        assert_eq!(sr.encryption_secret().unwrap().to_bytes().as_slice(), mini);
        let pk = bytes(key, "secp256k1_compressed_public_hex_on_chain_pk");
        assert_eq!(sr.encryption_public().unwrap(), pk);
        let ed = Identity::from_mini_secret(KeyKind::Ed25519, mini).unwrap();
        assert_eq!(ed.account(), account(key, "ed25519_public_hex"), "{key}");
        assert_eq!(ed.account().to_string(), text(key, "ed25519_ss58_42"));
        assert_eq!(ed.encryption_public().unwrap(), pk);
        if key.get("bip39_entropy_hex").is_some() {
            let entropy = bytes(key, "bip39_entropy_hex");
            assert_eq!(Identity::from_entropy(&entropy).unwrap().account(), sr.account());
        }
    }
}

#[test]
fn tokens() {
    let tokens = read(include_str!("../data/rmb_jwt.json"), "tokens");
    assert!(tokens.len() >= 6);
    for vector in &tokens {
        let now = Timestamp::from_secs(vector["now_unix"].as_u64().unwrap());
        let signer = account(vector, "signer_public_hex");
        let claims = Unverified::read(text(vector, "token"), now).unwrap().verify(&signer).unwrap();
        let sid = Some(text(vector, "sid")).filter(|sid| *sid != "(absent)");
        assert_eq!((u64::from(claims.sub), claims.sid.as_deref()), (vector["twin_id"].as_u64().unwrap(), sid));
        // Ours differs from theirs only in the life it asks for.
        let theirs: Value = serde_json::from_str(text(vector, "claims_json")).unwrap();
        assert_eq!(serde_json::to_value(&claims).unwrap(), theirs);
        let mini = bytes(&read(include_str!("../data/rmb_keys.json"), "keys")[1], "secp256k1_secret_hex");
        let kind = if text(vector, "key_type") == "ed25519" { KeyKind::Ed25519 } else { KeyKind::Sr25519 };
        let me = Identity::from_mini_secret(kind, mini.try_into().unwrap()).unwrap();
        assert_eq!(me.account(), signer);
        let ours = token::make(&me, TwinId(claims.sub), sid, now);
        assert_eq!(ours.split('.').next(), text(vector, "token").split('.').next(), "the header is the same");
        assert!(Unverified::read(&ours, now).unwrap().verify(&signer).is_ok());
    }
}

#[test]
fn envelopes() {
    let envelopes = read(include_str!("../data/rmb_envelopes.json"), "envelopes");
    assert!(envelopes.len() >= 15);
    for vector in &envelopes {
        let signed = bytes(vector, "serialized_signed_hex");
        let envelope = Envelope::decode(signed.as_slice()).unwrap();
        assert_eq!(hex::encode(envelope.challenge()), text(vector, "challenge_md5_hex"), "{vector}");
        assert_eq!(hex::encode(envelope.encode_to_vec()), hex::encode(&signed), "{}", text(vector, "id"));
        let signer = account(vector, "signer_public_hex");
        if vector["signature_hex"].is_null() {
            assert!(!envelope.signed_by(&signer), "a ping is not signed");
            continue;
        }
        assert!(envelope.signed_by(&signer), "{vector}");
        if text(vector, "key_type") == "ed25519" {
            let mini = bytes(&read(include_str!("../data/rmb_keys.json"), "keys")[1], "secp256k1_secret_hex");
            let me = Identity::from_mini_secret(KeyKind::Ed25519, mini.try_into().unwrap()).unwrap();
            let mut again = envelope.clone();
            again.sign(&me);
            assert_eq!(again, envelope, "ed25519 signatures are reproducible");
        }
    }
}
