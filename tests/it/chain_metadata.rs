//! The sandbox's metadata against TFChain's own (spec 149), where that file is present.
//!
//! Every item that we offer must be there with the same index, name, arguments, shapes, hashers, modifiers and
//! defaults. We may offer less. Type paths are not compared, and a struct of one unnamed field is the same as
//! that field: it is so on the wire.

use crate::chain_kit::v14;
use bellhop::clock::{Clock, Timestamp};
use bellhop::sandbox::chain::{Genesis, LocalChain, Options};
use frame_metadata::v14::{RuntimeMetadataV14, StorageEntryType};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, TypeDef, TypeDefPrimitive, Variant};
use std::collections::HashSet;
use std::path::Path;

struct Walk<'a> {
    ours: &'a PortableRegistry,
    real: &'a PortableRegistry,
    seen: HashSet<(u32, u32)>,
    found: Vec<String>,
}

impl Walk<'_> {
    fn say(&mut self, at: &str, what: impl std::fmt::Display) {
        self.found.push(format!("{at}: {what}"));
    }

    fn bare(types: &PortableRegistry, mut id: u32) -> u32 {
        while let TypeDef::Composite(composite) = &types.resolve(id).unwrap().type_def {
            match &composite.fields[..] {
                [only] if only.name.is_none() => id = only.ty.id,
                _ => break,
            }
        }
        id
    }

    fn same(&mut self, at: &str, ours: u32, real: u32) {
        let (ours, real) = (Self::bare(self.ours, ours), Self::bare(self.real, real));
        if !self.seen.insert((ours, real)) {
            return;
        }
        let (a, b) = (self.ours.resolve(ours).unwrap(), self.real.resolve(real).unwrap());
        match (&a.type_def, &b.type_def) {
            (TypeDef::Composite(a), TypeDef::Composite(b)) => self.fields(at, &a.fields, &b.fields),
            (TypeDef::Variant(a), TypeDef::Variant(b)) => self.variants(at, &a.variants, &b.variants),
            (TypeDef::Sequence(a), TypeDef::Sequence(b)) => self.same(at, a.type_param.id, b.type_param.id),
            (TypeDef::Array(a), TypeDef::Array(b)) if a.len == b.len => self.same(at, a.type_param.id, b.type_param.id),
            (TypeDef::Tuple(a), TypeDef::Tuple(b)) if a.fields.len() == b.fields.len() => {
                for (a, b) in a.fields.iter().zip(&b.fields) {
                    self.same(at, a.id, b.id);
                }
            }
            (TypeDef::Compact(a), TypeDef::Compact(b)) => self.same(at, a.type_param.id, b.type_param.id),
            (TypeDef::Primitive(a), TypeDef::Primitive(b)) if a == b => {}
            (a, b) => self.say(at, format!("{a:?} is not {b:?}")),
        }
    }

    fn fields(&mut self, at: &str, ours: &[Field<PortableForm>], real: &[Field<PortableForm>]) {
        let names = |fields: &[Field<PortableForm>]| fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        if names(ours) != names(real) {
            return self.say(at, format!("fields {:?} are not {:?}", names(ours), names(real)));
        }
        for (a, b) in ours.iter().zip(real) {
            self.same(&format!("{at}.{}", a.name.as_deref().unwrap_or("_")), a.ty.id, b.ty.id);
        }
    }

    fn variants(&mut self, at: &str, ours: &[Variant<PortableForm>], real: &[Variant<PortableForm>]) {
        for ours in ours {
            match real.iter().find(|real| real.name == ours.name) {
                None => self.say(at, format!("there is no {}", ours.name)),
                Some(real) if real.index != ours.index => {
                    self.say(at, format!("{} is {}, not {}", ours.name, real.index, ours.index));
                }
                Some(real) => self.fields(&format!("{at}::{}", ours.name), &ours.fields, &real.fields),
            }
        }
    }
}

fn compare(ours: &RuntimeMetadataV14, real: &RuntimeMetadataV14) -> Vec<String> {
    let mut walk = Walk { ours: &ours.types, real: &real.types, seen: HashSet::new(), found: Vec::new() };
    for pallet in &ours.pallets {
        let at = &pallet.name;
        let Some(other) = real.pallets.iter().find(|other| other.name == pallet.name) else {
            walk.say(at, "there is no such pallet");
            continue;
        };
        if pallet.index != other.index {
            walk.say(at, format!("its index is {}", other.index));
        }
        for (kind, a, b) in [
            ("call", pallet.calls.as_ref().map(|c| c.ty.id), other.calls.as_ref().map(|c| c.ty.id)),
            ("event", pallet.event.as_ref().map(|c| c.ty.id), other.event.as_ref().map(|c| c.ty.id)),
            ("error", pallet.error.as_ref().map(|c| c.ty.id), other.error.as_ref().map(|c| c.ty.id)),
        ] {
            match (a, b) {
                (Some(a), Some(b)) => walk.same(&format!("{at} {kind}"), a, b),
                (Some(_), None) => walk.say(at, format!("it has no {kind}s")),
                (None, _) => {}
            }
        }
        for constant in &pallet.constants {
            let at = format!("{at} constant {}", constant.name);
            match other.constants.iter().find(|other| other.name == constant.name) {
                None => walk.say(&at, "there is none"),
                Some(other) if other.value != constant.value => walk.say(&at, "another value"),
                Some(other) => walk.same(&at, constant.ty.id, other.ty.id),
            }
        }
        let empty = Vec::new();
        let there = other.storage.as_ref().map_or(&empty, |storage| &storage.entries);
        for entry in pallet.storage.iter().flat_map(|storage| &storage.entries) {
            let at = format!("{at} storage {}", entry.name);
            let Some(other) = there.iter().find(|other| other.name == entry.name) else {
                walk.say(&at, "there is none");
                continue;
            };
            if (&entry.modifier, &entry.default) != (&other.modifier, &other.default) {
                walk.say(&at, format!("{:?} {:?}", other.modifier, other.default));
            }
            match (&entry.ty, &other.ty) {
                (StorageEntryType::Plain(a), StorageEntryType::Plain(b)) => walk.same(&at, a.id, b.id),
                (
                    StorageEntryType::Map { hashers, key, value },
                    StorageEntryType::Map { hashers: hashers_b, key: key_b, value: value_b },
                ) if hashers == hashers_b => {
                    walk.same(&format!("{at} key"), key.id, key_b.id);
                    walk.same(&at, value.id, value_b.id);
                }
                (a, b) => walk.say(&at, format!("{a:?} is not {b:?}")),
            }
        }
    }
    let (a, b) = (&ours.extrinsic, &real.extrinsic);
    if a.version != b.version || a.signed_extensions.len() != b.signed_extensions.len() {
        walk.say("extrinsic", "another version, or other extensions");
    }
    for (a, b) in a.signed_extensions.iter().zip(&b.signed_extensions) {
        if a.identifier != b.identifier {
            walk.say("extensions", format!("{} is not {}", a.identifier, b.identifier));
        }
        walk.same(&a.identifier, a.ty.id, b.ty.id);
        walk.same(&a.identifier, a.additional_signed.id, b.additional_signed.id);
    }
    walk.found
}

fn ours() -> RuntimeMetadataV14 {
    let now = Timestamp::from_secs(1_750_000_000);
    let chain = LocalChain::new(Options::default(), Genesis::new(now), Clock::runtime(now), None).unwrap();
    v14(chain.metadata())
}

#[tokio::test]
async fn what_we_offer_is_what_tfchain_offers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/tfchain-149.metadata.scale");
    let Ok(bytes) = std::fs::read(&file) else {
        println!("skipped: {} is not there", file.display());
        return;
    };
    let found = compare(&ours(), &v14(&bytes));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn the_comparison_sees_differences() {
    let (mut changed, real) = (ours(), ours());
    changed.pallets[0].index = 9;
    for ty in &mut changed.types.types {
        match &mut ty.ty.type_def {
            TypeDef::Variant(variants) => {
                variants.variants.iter_mut().filter(|v| v.name == "Gold").for_each(|v| v.index = 7)
            }
            TypeDef::Primitive(primitive) if *primitive == TypeDefPrimitive::U16 => *primitive = TypeDefPrimitive::I16,
            _ => {}
        }
    }
    let found = compare(&changed, &real).join("\n");
    for part in ["System: its index is 0", "Gold is", "I16"] {
        assert!(found.contains(part), "{part} in\n{found}");
    }
}
