//! Making and editing messages from what was sent, whoever sent it by whatever route. Knows no permissions.

use super::model::{self, EPHEMERAL, File, Id, LOADING, Message, Ping, World};
use super::{Inner, wire};
use bytes::Bytes;
use serde_json::{Value, json};

/// The body of a request: its JSON (or `payload_json`), and its files by their number.
#[derive(Clone, Default, Debug)]
pub struct Sent {
    pub json: Value,
    pub files: Vec<(String, String, Bytes)>,
}

/// Why a request is turned down.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub code: u32,
    pub message: String,
    /// What is wrong with the form, for 50035.
    pub faults: Vec<String>,
}

impl Refused {
    pub fn new(status: u16, code: u32, message: &str) -> Self {
        Self { status, code, message: message.into(), faults: Vec::new() }
    }

    pub fn form(faults: Vec<String>) -> Self {
        Self { faults, ..Self::new(400, 50035, "Invalid Form Body") }
    }

    pub fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if !self.faults.is_empty() {
            let each = self.faults.iter().map(|fault| json!({"code": "BASE_TYPE_BAD", "message": fault}));
            let text: Vec<String> = self.faults.clone();
            body["message"] = format!("Invalid Form Body\n{}", text.join("\n")).into();
            // Real errors carry words as codes here; the file says integers. The file wins, so that it can be checked.
            let each = each.map(|mut one| {
                one["code"] = 50035.into();
                one
            });
            body["errors"] = json!({"_errors": each.collect::<Vec<_>>()});
        }
        body
    }
}

/// Where a new message comes from.
pub struct Origin {
    pub channel: Id,
    pub author: Id,
    pub from: Option<(Id, Value)>,
    pub only_for: Option<Id>,
    pub flags: u64,
}

impl World {
    /// Puts a message into its channel, and rings whom it rings.
    pub fn compose(&mut self, now: u64, keep: usize, origin: Origin, sent: &Sent) -> Id {
        let id = self.id(now);
        let asked = sent.json["flags"].as_u64().unwrap_or(0);
        let kept = asked & (EPHEMERAL | model::SUPPRESS_EMBEDS | model::SUPPRESS_NOTIFICATIONS);
        let mut message = Message {
            id,
            channel: origin.channel,
            author: origin.author,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            files: Vec::new(),
            flags: if origin.from.is_some() { kept } else { kept & !EPHEMERAL } | origin.flags,
            nonce: Some(&sent.json["nonce"]).filter(|nonce| !nonce.is_null()).cloned(),
            written: now,
            edited: None,
            edits: 0,
            from: origin.from,
            only_for: origin.only_for,
            thread: None,
            reply_to: number(&sent.json["message_reference"]["message_id"]),
            mentions: Vec::new(),
        };
        self.fill(&mut message, sent, now);
        if message.flags & LOADING == 0 {
            self.ring(&message, &sent.json["allowed_mentions"]);
        }
        message.mentions = self.named(&message.content);
        self.add_message(message, keep);
        id
    }

    /// Changes a message: what is in the body replaces, the rest stays.
    pub fn edit(&mut self, now: u64, id: Id, sent: &Sent) {
        let Some(mut message) = self.messages.remove(&id) else { return };
        self.fill(&mut message, sent, now);
        message.mentions = self.named(&message.content);
        if message.flags & LOADING != 0 {
            // The placeholder is filled: that is its first word, not a change of it.
            message.flags &= !LOADING;
            self.ring(&message, &sent.json["allowed_mentions"]);
        } else {
            message.edits += 1;
            message.edited = Some(now);
        }
        self.messages.insert(id, message);
    }

    fn fill(&mut self, message: &mut Message, sent: &Sent, now: u64) {
        let Some(fields) = sent.json.as_object() else { return };
        if let Some(content) = fields.get("content") {
            message.content = content.as_str().unwrap_or_default().trim().to_owned();
        }
        if let Some(embeds) = fields.get("embeds") {
            message.embeds = wire::embeds(embeds);
        }
        if let Some(rows) = fields.get("components") {
            message.components = wire::components(rows);
        }
        if let Some(kept) = fields.get("attachments").and_then(Value::as_array) {
            let kept: Vec<Id> = kept.iter().filter_map(|one| number(&one["id"])).collect();
            message.files.retain(|file| kept.contains(&file.id));
        }
        for (_, name, bytes) in &sent.files {
            let id = self.id(now);
            message.files.push(File { id, name: name.clone(), bytes: bytes.clone() });
        }
    }

    /// The people whom a text names.
    fn named(&self, content: &str) -> Vec<Id> {
        let mut named: Vec<Id> = mentions(content).filter_map(|(sigil, id)| (sigil == '@').then_some(id)).collect();
        named.retain(|id| self.users.contains_key(id));
        named.dedup();
        named
    }

    fn ring(&mut self, message: &Message, allowed: &Value) {
        let text = without_code(&message.content);
        let parses = |what: &str| match allowed {
            Value::Null => true,
            allowed => allowed["parse"].as_array().is_some_and(|all| all.iter().any(|one| one == what)),
        };
        let lists = |what: &str, id: Id| {
            allowed[what].as_array().is_some_and(|all| all.iter().any(|one| number(one) == Some(id)))
        };
        for word in ["everyone", "here"] {
            if text.contains(&format!("@{word}")) && parses("everyone") {
                self.pings.push(Ping { message: message.id, whom: word.into(), meant: false });
            }
        }
        for (sigil, id) in mentions(&text) {
            let what = if sigil == '&' { "roles" } else { "users" };
            let meant = lists(what, id);
            if meant || parses(what) {
                self.pings.push(Ping { message: message.id, whom: id.to_string(), meant });
            }
        }
    }
}

impl Inner {
    /// Tells the bot's sessions of a message, unless it is ephemeral, and everybody who waits.
    pub fn tell_message(&self, event: &str, id: Id) {
        let world = super::held(&self.world);
        let told = world.messages.get(&id).filter(|message| message.only_for.is_none()).and_then(|message| {
            let guild = world.guild_of(message.channel);
            if !self.wants_messages(guild) {
                return None;
            }
            let mut shape = wire::message(&world, message, &self.base());
            if let Some(guild) = guild.and_then(|id| world.guilds.get(&id)) {
                let mut member = wire::member(&world, guild, message.author);
                member.as_object_mut().map(|fields| fields.remove("user"));
                wire::merge(&mut shape, json!({"guild_id": guild.id.to_string(), "member": member}));
                let mine = message.author == world.bot || message.mentions.contains(&world.bot);
                if !mine && self.options.privileged & super::gateway::MESSAGE_CONTENT == 0 {
                    wire::merge(&mut shape, json!({"content": "", "embeds": [], "attachments": [], "components": []}));
                }
            }
            Some((guild, shape))
        });
        drop(world);
        if let Some((guild, shape)) = told {
            self.spec("gateway", "MessageResponse", &shape);
            self.dispatch(event, guild, &shape);
        }
        self.changed();
    }

    /// Tells of a message that is gone.
    pub fn message_delete(&self, gone: &Message, guild: Option<Id>) {
        if gone.only_for.is_none() {
            let mut shape = json!({"id": gone.id.to_string(), "channel_id": gone.channel.to_string()});
            if let Some(guild) = guild {
                shape["guild_id"] = guild.to_string().into();
            }
            self.dispatch("MESSAGE_DELETE", guild, &shape);
        }
        self.changed();
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// A snowflake, as text or number.
pub fn number(value: &Value) -> Option<Id> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// `<@1>`, `<@!1>`, `<@&1>` and `<#1>` in a text, with their sigils `@`, `&` and `#`.
fn mentions(text: &str) -> impl Iterator<Item = (char, Id)> + '_ {
    text.split('<').skip(1).filter_map(|rest| {
        let (inner, _) = rest.split_once('>')?;
        let (sigil, digits) = if let Some(role) = inner.strip_prefix("@&") {
            ('&', role)
        } else if let Some(user) = inner.strip_prefix('@') {
            ('@', user.strip_prefix('!').unwrap_or(user))
        } else {
            ('#', inner.strip_prefix('#')?)
        };
        (sigil != '#').then_some((sigil, digits.parse().ok()?))
    })
}

/// A text without its code blocks and spans, in which nothing rings.
fn without_code(text: &str) -> String {
    let outside_blocks: String = text.split("```").step_by(2).collect::<Vec<_>>().join(" ");
    outside_blocks.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}
