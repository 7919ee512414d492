//! Things in the shape in which Discord tells them. Pure.

use super::model::{Channel, Guild, Id, Message, User, World, bits};
use serde_json::{Map, Value, json};

/// Unix milliseconds as ISO 8601.
pub fn time(ms: u64) -> String {
    bellhop::clock::Timestamp(ms).calendar().format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

pub fn user(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "username": user.name.to_lowercase(),
        "global_name": if user.bot { Value::Null } else { user.name.clone().into() },
        "discriminator": if user.bot { "4242" } else { "0" },
        "avatar": null,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": null,
    })
}

/// The bot's own user, as `GET /users/@me` and READY tell it.
pub fn me(world: &World) -> Value {
    let mut me = user(world.user(world.bot));
    merge(&mut me, json!({"mfa_enabled": true, "locale": "en-US", "verified": true, "email": null}));
    me
}

pub fn member(world: &World, guild: &Guild, person: Id) -> Value {
    json!({
        "user": user(world.user(person)),
        "nick": null,
        "avatar": null,
        "banner": null,
        "roles": [],
        "joined_at": time(guild.joined()),
        "premium_since": null,
        "communication_disabled_until": null,
        "pending": false,
        "flags": 0,
        "deaf": false,
        "mute": false,
    })
}

impl Guild {
    fn joined(&self) -> u64 {
        (self.id >> 22) + 1_420_070_400_000
    }
}

pub fn application(world: &World, key: &str, endpoint: Option<&str>) -> Value {
    json!({
        "id": world.application.to_string(),
        "name": "Bellhop",
        "icon": null,
        "description": "",
        "type": null,
        "bot": user(world.user(world.bot)),
        "bot_public": true,
        "bot_require_code_grant": false,
        "verify_key": key,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": endpoint,
        "role_connections_verification_url": null,
        "owner": {
            "id": "80351110224678912", "username": "owner", "global_name": "Owner", "discriminator": "0",
            "avatar": null, "public_flags": 0, "flags": 0, "primary_guild": null,
        },
        "approximate_guild_count": world.guilds.len(),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}},
    })
}

pub fn channel(world: &World, channel: &Channel) -> Value {
    let last = channel.messages.iter().rev().find(|id| world.messages.get(id).is_some_and(|m| m.only_for.is_none()));
    let last = last.map(Id::to_string);
    match channel.kind {
        1 => json!({
            "id": channel.id.to_string(),
            "type": 1,
            "flags": 0,
            "last_message_id": last,
            "recipients": channel.recipient.map(|id| user(world.user(id))).into_iter().collect::<Vec<_>>(),
        }),
        11 | 12 => json!({
            "id": channel.id.to_string(),
            "type": channel.kind,
            "flags": 0,
            "guild_id": channel.guild.map(|id| id.to_string()),
            "parent_id": channel.parent.map(|id| id.to_string()),
            "name": channel.name,
            "owner_id": world.bot.to_string(),
            "last_message_id": last,
            "rate_limit_per_user": 0,
            "message_count": channel.messages.len(),
            "member_count": 1,
            "total_message_sent": channel.written,
            "thread_metadata": {
                "archived": channel.archived,
                "archive_timestamp": time((channel.id >> 22) + 1_420_070_400_000),
                "auto_archive_duration": 1440,
                "locked": channel.locked,
            },
        }),
        kind => json!({
            "id": channel.id.to_string(),
            "type": kind,
            "flags": 0,
            "guild_id": channel.guild.map(|id| id.to_string()),
            "parent_id": null,
            "name": channel.name,
            "position": 0,
            "permission_overwrites": [],
            "nsfw": false,
            "topic": null,
            "last_message_id": last,
            "rate_limit_per_user": 0,
        }),
    }
}

/// The channel inside an interaction: less of it, and with the person's permissions.
pub fn partial_channel(known: &Channel, permissions: u64) -> Value {
    let mut shape = json!({
        "id": known.id.to_string(),
        "type": known.kind,
        "permissions": permissions.to_string(),
        "flags": 0,
    });
    if known.guild.is_some() {
        merge(&mut shape, json!({"name": known.name, "guild_id": known.guild.map(|id| id.to_string())}));
    }
    if let Some(parent) = known.parent {
        merge(
            &mut shape,
            json!({
                "parent_id": parent.to_string(),
                "thread_metadata": {
                    "archived": known.archived, "archive_timestamp": time((known.id >> 22) + 1_420_070_400_000),
                    "auto_archive_duration": 1440, "locked": known.locked,
                },
            }),
        );
    }
    shape
}

/// A message, as the bot gets it. `base` is this server's address, for the files.
pub fn message(world: &World, message: &Message, base: &str) -> Value {
    let files = message.files.iter().map(|file| {
        let url = format!("{base}/attachments/{}/{}/{}", message.channel, file.id, percent(&file.name));
        json!({
            "id": file.id.to_string(),
            "filename": file.name,
            "size": file.bytes.len(),
            "url": url,
            "proxy_url": url,
            "content_type": if file.name.ends_with(".txt") { "text/plain; charset=utf-8" } else { "application/octet-stream" },
        })
    });
    let mut shape = json!({
        "id": message.id.to_string(),
        "type": if message.reply_to.is_some() { 19 } else if message.from.is_some() { 20 } else { 0 },
        "channel_id": message.channel.to_string(),
        "author": user(world.user(message.author)),
        "content": message.content,
        "timestamp": time(message.written),
        "edited_timestamp": message.edited.map(time),
        "tts": false,
        "mention_everyone": false,
        "mentions": message.mentions.iter().filter_map(|id| world.users.get(id)).map(user).collect::<Vec<_>>(),
        "mention_roles": [],
        "attachments": files.collect::<Vec<_>>(),
        "embeds": message.embeds,
        "pinned": false,
        "flags": message.flags,
        "components": message.components,
    });
    let Some(fields) = shape.as_object_mut() else { return shape };
    if let Some(nonce) = &message.nonce {
        fields.insert("nonce".into(), nonce.clone());
    }
    if let Some((_, metadata)) = &message.from {
        fields.insert("application_id".into(), world.application.to_string().into());
        fields.insert("webhook_id".into(), world.application.to_string().into());
        fields.insert("interaction_metadata".into(), metadata.clone());
    }
    if let Some(thread) = message.thread.and_then(|id| world.channel(id)) {
        fields.insert("thread".into(), channel(world, thread));
    }
    if let Some(to) = message.reply_to {
        fields.insert(
            "message_reference".into(),
            json!({"type": 0, "channel_id": message.channel.to_string(), "message_id": to.to_string()}),
        );
        fields.insert("referenced_message".into(), Value::Null);
    }
    shape
}

/// A server as GUILD_CREATE tells it.
pub fn guild(world: &World, guild: &Guild) -> Value {
    let channels: Vec<_> =
        guild.channels.iter().filter_map(|id| world.channel(*id)).map(|c| channel(world, c)).collect();
    let threads = world.channels.values().filter(|c| c.is_thread() && c.guild == Some(guild.id) && !c.archived);
    let mut shape = rest_guild(world, guild);
    merge(
        &mut shape,
        json!({
            "joined_at": time(guild.joined()),
            "large": false,
            "unavailable": false,
            "member_count": guild.members.len() + 1,
            "voice_states": [],
            "members": [member(world, guild, world.bot)],
            "channels": channels,
            "threads": threads.map(|thread| channel(world, thread)).collect::<Vec<_>>(),
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }),
    );
    shape
}

/// A server as REST tells it.
pub fn rest_guild(world: &World, guild: &Guild) -> Value {
    let owner = guild.members.keys().next().copied().unwrap_or(world.bot);
    json!({
        "id": guild.id.to_string(),
        "name": guild.name,
        "icon": null,
        "description": null,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": owner.to_string(),
        "application_id": null,
        "region": "rotterdam",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 0,
        "roles": [{
            "id": guild.id.to_string(), "name": "@everyone", "permissions": bits::MEMBER.to_string(), "position": 0,
            "color": 0, "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
            "hoist": false, "managed": false, "mentionable": false, "icon": null, "unicode_emoji": null, "flags": 0,
        }],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": guild.locale,
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
    })
}

/// Rows as they were sent, in the shape in which they are told: numbered, defaults filled in, nulls gone.
pub fn components(sent: &Value) -> Vec<Value> {
    let mut number = 0;
    let mut tell = |one: &Value| {
        let mut fields: Map<String, Value> = without_nulls(one);
        number += 1;
        fields.entry("id").or_insert(number.into());
        match fields.get("type").and_then(Value::as_u64) {
            Some(3 | 5..=8) => {
                fields.entry("min_values").or_insert(1.into());
                fields.entry("max_values").or_insert(1.into());
                if let Some(Value::Array(options)) = fields.get_mut("options") {
                    options.iter_mut().for_each(|option| *option = Value::Object(without_nulls(option)));
                }
            }
            Some(4) => {
                for name in ["label", "min_length", "max_length"] {
                    fields.entry(name).or_insert(Value::Null);
                }
            }
            _ => {}
        }
        fields
    };
    let rows = sent.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .map(|row| {
            let mut shape = tell(row);
            let inner = row["components"].as_array().map(Vec::as_slice).unwrap_or_default();
            let inner: Vec<_> = inner.iter().map(|one| Value::Object(tell(one))).collect();
            shape.insert("components".into(), inner.into());
            Value::Object(shape)
        })
        .collect()
}

/// Embeds as they were sent, in the shape in which they are told.
pub fn embeds(sent: &Value) -> Vec<Value> {
    let all = sent.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|embed| {
            let mut fields = without_nulls(embed);
            fields.insert("type".into(), "rich".into());
            if let Some(Value::Array(list)) = fields.get_mut("fields") {
                for field in list {
                    let mut inner = without_nulls(field);
                    inner.entry("inline").or_insert(false.into());
                    *field = Value::Object(inner);
                }
            }
            Value::Object(fields)
        })
        .collect()
}

pub fn without_nulls(value: &Value) -> Map<String, Value> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub fn merge(into: &mut Value, more: Value) {
    if let (Some(fields), Value::Object(more)) = (into.as_object_mut(), more) {
        fields.extend(more);
    }
}

fn percent(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}
