//! Tools for the rooms of the sandbox's chain: signing by hand, and SCALE to JSON and back by the metadata.

use bellhop::grid::{AccountId, Identity, KeyKind};
use bellhop::sandbox::chain::LocalChain;
use frame_metadata::v14::RuntimeMetadataV14;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use parity_scale_codec::{Compact, Decode, Encode};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, TypeDef, TypeDefPrimitive, Variant};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// A development key. Deriving one takes long, so each is derived once.
pub fn key(uri: &str) -> Identity {
    static KEYS: LazyLock<Mutex<HashMap<String, Identity>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap();
    keys.entry(uri.to_owned()).or_insert_with(|| Identity::from_uri(uri).unwrap()).clone()
}

/// How an extrinsic is signed; the defaults are those of the recordings.
pub struct Signing {
    pub nonce: u32,
    pub era: Vec<u8>,
    pub birth: [u8; 32],
    pub genesis: [u8; 32],
    pub spec: u32,
    pub tip: u128,
}

impl Signing {
    pub fn of(chain: &LocalChain, who: &AccountId) -> Self {
        let genesis = chain.genesis_hash().0;
        Self { nonce: chain.next_nonce(who), era: vec![0], birth: genesis, genesis, spec: 149, tip: 0 }
    }

    /// Signs `call` by `key` in the name of `who`.
    pub fn sign(&self, call: &[u8], who: &AccountId, key: &Identity) -> Vec<u8> {
        let mut extra = self.era.clone();
        (Compact(self.nonce), Compact(self.tip)).encode_to(&mut extra);
        let mut payload = [call, &extra].concat();
        (self.spec, 2u32, self.genesis, self.birth).encode_to(&mut payload);
        if payload.len() > 256 {
            payload = sp_crypto_hashing::blake2_256(&payload).to_vec();
        }
        let kind = if key.kind() == KeyKind::Sr25519 { 1u8 } else { 0 };
        let mut body = vec![0x84, 0];
        body.extend_from_slice(&who.0);
        body.push(kind);
        body.extend_from_slice(&key.sign(&payload));
        body.extend_from_slice(&extra);
        body.extend_from_slice(call);
        body.encode()
    }
}

/// Decodes metadata of version 14.
pub fn v14(bytes: &[u8]) -> RuntimeMetadataV14 {
    match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).unwrap().1 {
        RuntimeMetadata::V14(metadata) => metadata,
        _ => panic!("not V14"),
    }
}

/// Reads and writes values by their types.
pub struct Codec(pub RuntimeMetadataV14);

fn is_account(path: &str) -> bool {
    path == "sp_core::crypto::AccountId32"
}

impl Codec {
    pub fn types(&self) -> &PortableRegistry {
        &self.0.types
    }

    fn is_u8(&self, id: u32) -> bool {
        matches!(self.types().resolve(id).unwrap().type_def, TypeDef::Primitive(TypeDefPrimitive::U8))
    }

    /// Encodes `{call, args}`; `None` when the chain does not offer the call.
    pub fn call(&self, pallet: &str, name: &str, args: &Value) -> Option<Vec<u8>> {
        let pallet = self.0.pallets.iter().find(|p| p.name == pallet)?;
        let ty = self.types().resolve(pallet.calls.as_ref()?.ty.id).unwrap();
        let TypeDef::Variant(calls) = &ty.type_def else { panic!() };
        let call = calls.variants.iter().find(|v| v.name == name)?;
        let mut out = vec![pallet.index, call.index];
        for field in &call.fields {
            self.encode(field.ty.id, &args[field.name.as_ref().unwrap()], &mut out);
        }
        Some(out)
    }

    pub fn encode(&self, id: u32, value: &Value, out: &mut Vec<u8>) {
        let ty = self.types().resolve(id).unwrap();
        let path = ty.path.segments.join("::");
        if is_account(&path) {
            out.extend_from_slice(&value.as_str().unwrap().parse::<AccountId>().unwrap().0);
            return;
        }
        match &ty.type_def {
            TypeDef::Composite(composite) => match &composite.fields[..] {
                [only] if only.name.is_none() => self.encode(only.ty.id, value, out),
                fields => fields.iter().for_each(|f| self.encode(f.ty.id, &value[f.name.as_ref().unwrap()], out)),
            },
            TypeDef::Variant(_) if path == "Option" && value.is_null() => out.push(0),
            TypeDef::Variant(variant) if path == "Option" => {
                out.push(1);
                self.encode(variant.variants[1].fields[0].ty.id, value, out);
            }
            TypeDef::Variant(_) if path == "tfchain_runtime::RuntimeCall" => {
                let (pallet, name) = value["call"].as_str().unwrap().split_once('.').unwrap();
                out.extend(self.call(pallet, name, &value["args"]).unwrap());
            }
            TypeDef::Variant(variant) => {
                let (name, inner) = match value {
                    Value::String(name) => (name.as_str(), &Value::Null),
                    Value::Object(map) => map.iter().next().map(|(name, inner)| (name.as_str(), inner)).unwrap(),
                    other => panic!("{path}: {other}"),
                };
                let chosen = variant.variants.iter().find(|v| v.name == name).unwrap();
                out.push(chosen.index);
                chosen.fields.iter().for_each(|f| self.encode(f.ty.id, inner, out));
            }
            TypeDef::Sequence(sequence) if self.is_u8(sequence.type_param.id) => unhex(value).encode_to(out),
            TypeDef::Sequence(sequence) => {
                let items = value.as_array().unwrap();
                Compact(items.len() as u32).encode_to(out);
                items.iter().for_each(|item| self.encode(sequence.type_param.id, item, out));
            }
            TypeDef::Array(_) => out.extend(unhex(value)),
            TypeDef::Compact(_) => Compact(number(value)).encode_to(out),
            TypeDef::Primitive(primitive) => match primitive {
                TypeDefPrimitive::Bool => out.push(u8::from(value.as_bool().unwrap())),
                TypeDefPrimitive::U8 => out.push(number(value) as u8),
                TypeDefPrimitive::U16 => (number(value) as u16).encode_to(out),
                TypeDefPrimitive::U32 => (number(value) as u32).encode_to(out),
                TypeDefPrimitive::U64 => (number(value) as u64).encode_to(out),
                TypeDefPrimitive::U128 => number(value).encode_to(out),
                other => panic!("{other:?}"),
            },
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Reads a value in the form of the recordings.
    pub fn decode(&self, id: u32, input: &mut &[u8]) -> Value {
        let ty = self.types().resolve(id).unwrap();
        let path = ty.path.segments.join("::");
        if is_account(&path) {
            return json!(AccountId(<[u8; 32]>::decode(input).unwrap()).to_string());
        }
        match &ty.type_def {
            TypeDef::Composite(composite) => self.fields(&composite.fields, input, false),
            TypeDef::Variant(variant) => {
                let index = u8::decode(input).unwrap();
                let chosen = variant.variants.iter().find(|v| v.index == index).unwrap();
                if path == "sp_runtime::DispatchError" {
                    return self.dispatch_error(chosen, input);
                }
                match (path.as_str(), chosen.fields.len()) {
                    ("Option", 0) => Value::Null,
                    ("Option", _) => self.decode(chosen.fields[0].ty.id, input),
                    (_, 0) => json!(chosen.name),
                    _ => json!({ chosen.name.clone(): self.fields(&chosen.fields, input, false) }),
                }
            }
            TypeDef::Sequence(sequence) if self.is_u8(sequence.type_param.id) => {
                json!(format!("0x{}", hex::encode(Vec::<u8>::decode(input).unwrap())))
            }
            TypeDef::Sequence(sequence) => {
                let Compact(count) = Compact::<u32>::decode(input).unwrap();
                (0..count).map(|_| self.decode(sequence.type_param.id, input)).collect()
            }
            TypeDef::Array(array) => {
                let (bytes, rest) = input.split_at(array.len as usize);
                *input = rest;
                json!(format!("0x{}", hex::encode(bytes)))
            }
            TypeDef::Tuple(tuple) => tuple.fields.iter().map(|f| self.decode(f.id, input)).collect(),
            TypeDef::Compact(_) => json!(Compact::<u64>::decode(input).unwrap().0),
            TypeDef::Primitive(primitive) => match primitive {
                TypeDefPrimitive::Bool => json!(bool::decode(input).unwrap()),
                TypeDefPrimitive::U8 => json!(u8::decode(input).unwrap()),
                TypeDefPrimitive::U16 => json!(u16::decode(input).unwrap()),
                TypeDefPrimitive::U32 => json!(u32::decode(input).unwrap()),
                TypeDefPrimitive::U64 => json!(u64::decode(input).unwrap()),
                TypeDefPrimitive::U128 => json!(u128::decode(input).unwrap().to_string()),
                other => panic!("{other:?}"),
            },
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Fields; `numbered` keeps unnamed ones in an object with numbers.
    pub fn fields(&self, fields: &[Field<PortableForm>], input: &mut &[u8], numbered: bool) -> Value {
        match fields {
            [only] if only.name.is_none() && !numbered => self.decode(only.ty.id, input),
            fields => {
                let name = |at: usize, f: &Field<PortableForm>| f.name.clone().unwrap_or_else(|| at.to_string());
                let all = fields.iter().enumerate().map(|(at, f)| (name(at, f), self.decode(f.ty.id, input)));
                Value::Object(all.collect::<Map<_, _>>())
            }
        }
    }

    fn dispatch_error(&self, chosen: &Variant<PortableForm>, input: &mut &[u8]) -> Value {
        match (chosen.name.as_str(), chosen.fields.first()) {
            ("Module", _) => {
                let (index, error) = <(u8, [u8; 4])>::decode(input).unwrap();
                let pallet = self.0.pallets.iter().find(|p| p.index == index).unwrap();
                let ty = self.types().resolve(pallet.error.as_ref().unwrap().ty.id).unwrap();
                let TypeDef::Variant(errors) = &ty.type_def else { panic!() };
                let error = errors.variants.iter().find(|v| v.index == error[0]).unwrap();
                json!(format!("{}.{}", pallet.name, error.name))
            }
            (name, Some(field)) => json!(format!("{name}.{}", self.decode(field.ty.id, input).as_str().unwrap())),
            (name, None) => json!(name),
        }
    }
}

fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

fn number(value: &Value) -> u128 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_u64().unwrap_or_else(|| panic!("{value}")).into(),
    }
}
