//! The collection of global commands: bulk overwrite, reading back, single ones. Ids stay with names; the version
//! changes with the content. What is told back has Discord's defaults, not the bot's words.

use super::answers::id;
use super::compose::{Refused, Sent, number};
use super::model::World;
use super::{Inner, held, rules, wire};
use serde_json::{Map, Value, json};

impl Inner {
    pub fn overwrite_commands(&self, sent: &Sent) -> Result<Value, Refused> {
        self.check(|| rules::commands(&sent.json))?;
        let mut world = held(&self.world);
        let now = self.now();
        let wanted = sent.json.as_array().map(Vec::as_slice).unwrap_or_default();
        let kept: Vec<_> = wanted.iter().map(|one| world.stored(now, one)).collect();
        world.commands = kept.clone();
        world.command_writes += 1;
        drop(world);
        self.changed();
        Ok(kept.into())
    }

    pub fn upsert_command(&self, sent: &Sent) -> Result<(u16, Value), Refused> {
        self.check(|| rules::commands(&json!([sent.json])))?;
        let mut world = held(&self.world);
        let now = self.now();
        let kept = world.stored(now, &sent.json);
        let place = world.commands.iter().position(|one| one["id"] == kept["id"]);
        let status = if place.is_some() { 200 } else { 201 };
        match place.and_then(|place| world.commands.get_mut(place)) {
            Some(old) => *old = kept.clone(),
            None => world.commands.push(kept.clone()),
        }
        world.command_writes += 1;
        drop(world);
        self.changed();
        Ok((status, kept))
    }

    pub fn list_commands(&self, localized: bool) -> Value {
        let mut all = held(&self.world).commands.clone();
        if !localized {
            all.iter_mut().for_each(forget_languages);
        }
        all.into()
    }

    pub fn get_command(&self, command: &str) -> Result<Value, Refused> {
        let command = id(command)?;
        let world = held(&self.world);
        let found = world.commands.iter().find(|one| number(&one["id"]) == Some(command)).cloned();
        found.ok_or_else(|| Refused::new(404, 10063, "Unknown application command"))
    }

    pub fn delete_command(&self, command: &str) -> Result<(), Refused> {
        self.get_command(command)?;
        let command = id(command)?;
        let mut world = held(&self.world);
        world.commands.retain(|one| number(&one["id"]) != Some(command));
        world.command_writes += 1;
        drop(world);
        self.changed();
        Ok(())
    }
}

impl World {
    /// A command as Discord keeps it.
    fn stored(&mut self, now: u64, sent: &Value) -> Value {
        let mut kept = tidied(sent);
        kept.entry("type").or_insert(1.into());
        kept.entry("description").or_insert("".into());
        kept.entry("default_member_permissions").or_insert(Value::Null);
        kept.entry("dm_permission").or_insert(true.into());
        kept.entry("contexts").or_insert(Value::Null);
        kept.entry("integration_types").or_insert(json!([0]));
        kept.entry("nsfw").or_insert(false.into());
        for languages in ["name_localizations", "description_localizations"] {
            kept.entry(languages).or_insert(Value::Null);
        }
        if let Some(bits) = kept.get("default_member_permissions").and_then(Value::as_u64) {
            kept.insert("default_member_permissions".into(), bits.to_string().into());
        }
        let of = |one: &Value| (one["name"].clone(), one["type"].as_u64().unwrap_or(1));
        let name = of(&Value::Object(kept.clone()));
        let old = self.commands.iter().find(|old| of(old) == name).cloned();
        kept.insert("application_id".into(), self.application.to_string().into());
        match old {
            Some(old) => {
                kept.insert("id".into(), old["id"].clone());
                kept.insert("version".into(), old["version"].clone());
                if Value::Object(kept.clone()) != old {
                    kept.insert("version".into(), self.id(now).to_string().into());
                }
            }
            None => {
                kept.insert("id".into(), self.id(now).to_string().into());
                kept.insert("version".into(), self.id(now).to_string().into());
            }
        }
        Value::Object(kept)
    }
}

/// Without nulls, empty lists and falsehoods that are the default.
fn tidied(sent: &Value) -> Map<String, Value> {
    let mut fields = wire::without_nulls(sent);
    for list in ["options", "choices", "channel_types"] {
        if let Some(Value::Array(inner)) = fields.get_mut(list) {
            if inner.is_empty() {
                fields.remove(list);
            } else if list != "channel_types" {
                inner.iter_mut().for_each(|one| *one = Value::Object(tidied(one)));
            }
        }
    }
    for flag in ["required", "autocomplete"] {
        if fields.get(flag) == Some(&Value::Bool(false)) {
            fields.remove(flag);
        }
    }
    fields
}

fn forget_languages(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else { return };
    fields.remove("name_localizations");
    fields.remove("description_localizations");
    for list in ["options", "choices"] {
        if let Some(Value::Array(inner)) = fields.get_mut(list) {
            inner.iter_mut().for_each(forget_languages);
        }
    }
}
