//! What people do and see, with the manners of the real client: it offers only registered commands, fills their
//! options, shows ephemeral messages to one person, keeps a modal open. Nobody here knows how the bot works.

use super::compose::number;
use super::model::{
    AUTOCOMPLETE, COMMAND, COMPONENT, File, Id, Interaction, LOADING, MODAL, Message, Reply, World, bits,
};
use super::{Discord, held, wire};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Why a client cannot do what somebody wants, or what they see when nothing comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Snag {
    /// No such command is registered, or not for this place or person.
    NoCommand(String),
    /// The command has no such option (or no more options for a bare word).
    NoOption(String),
    /// The option does not take this value.
    NotTaken { option: String, value: String },
    /// Required options are missing.
    Missing(Vec<String>),
    /// Nothing of this label can be pressed or chosen; what can be.
    NotThere { wanted: String, there: Vec<String> },
    /// No modal is open for this person.
    NoModal,
    /// The person does not see the channel.
    NoChannel,
    /// "The application did not respond": the deadline passed.
    NoAnswer,
}

/// What the first answer was.
#[derive(Clone, Debug, PartialEq)]
pub enum First {
    /// A message (4).
    Message,
    /// "is thinking…" (5).
    Thinking,
    /// Nothing changes yet (6).
    Noted,
    /// The message was changed (7).
    Changed,
    /// Suggestions: name and value (8).
    Choices(Vec<(String, Value)>),
    /// A form opens (9).
    Modal,
    /// A link was opened by the client itself.
    Link(String),
}

/// The first answer to what somebody did.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Of what kind.
    pub first: First,
    /// The message that was made, changed or stays.
    pub message: Option<Id>,
    /// From doing it to the answer.
    pub took: Duration,
    /// The interaction.
    pub interaction: Id,
}

/// A button as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its label, behind its emoji if it has one.
    pub label: String,
    /// 1 primary, 2 secondary, 3 success, 4 danger, 5 link.
    pub style: u64,
    /// Greyed out.
    pub disabled: bool,
    /// Of a link.
    pub url: Option<String>,
    /// What the bot knows it by (people do not see it).
    pub custom_id: String,
    /// The row, from 0.
    pub row: usize,
}

/// One option of a select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What people read.
    pub label: String,
    /// What the bot gets.
    pub value: String,
    /// The line below the label.
    pub description: String,
    /// Chosen beforehand.
    pub default: bool,
}

/// A select as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// What the bot knows it by.
    pub custom_id: String,
    /// What it says while nothing is chosen.
    pub placeholder: String,
    /// Its options.
    pub options: Vec<Choice>,
    /// Fewest.
    pub min: u64,
    /// Most.
    pub max: u64,
    /// Greyed out.
    pub disabled: bool,
    /// The row, from 0.
    pub row: usize,
}

/// A message as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its id.
    pub id: Id,
    /// Where.
    pub channel: Id,
    /// Who wrote it.
    pub author: Id,
    /// Its text, unrendered.
    pub content: String,
    /// Its embeds, in Discord's shape.
    pub embeds: Vec<Value>,
    /// Its buttons, row by row.
    pub buttons: Vec<Button>,
    /// Its selects.
    pub selects: Vec<Select>,
    /// Its files.
    pub files: Vec<File>,
    /// "Only you can see this".
    pub ephemeral: bool,
    /// "is thinking…".
    pub thinking: bool,
    /// How often it was changed.
    pub edits: u32,
    /// The thread on it.
    pub thread: Option<Id>,
    /// What it replies to.
    pub reply_to: Option<Id>,
}

impl Shown {
    /// The labels of what can be pressed.
    pub fn labels(&self) -> Vec<&str> {
        self.buttons.iter().filter(|one| !one.disabled).map(|one| one.label.as_str()).collect()
    }
}

/// A field of a modal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What the bot knows it by.
    pub custom_id: String,
    /// Its label.
    pub label: String,
    /// What stands there already.
    pub value: String,
    /// What it says while empty.
    pub placeholder: String,
    /// May not stay empty.
    pub required: bool,
    /// Fewest characters.
    pub min: u64,
    /// Most characters.
    pub max: u64,
    /// More than one line.
    pub paragraph: bool,
}

/// A modal that is open on somebody's screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modal {
    /// What the bot knows it by.
    pub custom_id: String,
    /// Its title.
    pub title: String,
    /// Its fields.
    pub inputs: Vec<Input>,
}

/// Something that a person is about to do, checked and put together; may be done many times. See [`Discord::fire`].
#[derive(Clone, Debug)]
pub struct Prepared {
    kind: u8,
    user: Id,
    channel: Id,
    guild: Option<Id>,
    message: Option<Id>,
    /// Everything of the payload but its id, token and message, as text without the closing brace.
    head: String,
    metadata: Value,
}

impl Discord {
    // Doing.

    /// Types a command, as `/deploy casper size:small now:yes`: `name:value` sets an option (the name as the person's
    /// client shows it, or the base name), a bare word the next option that is not set, `"quoted words"` are one.
    pub async fn slash(&self, user: Id, channel: Id, line: &str) -> Result<Answered, Snag> {
        let prepared = self.prepare(user, channel, line)?;
        self.fire(&prepared).await
    }

    /// Checks a command and puts its interaction together, without doing it.
    pub fn prepare(&self, user: Id, channel: Id, line: &str) -> Result<Prepared, Snag> {
        let world = held(&self.0.world);
        let mut words = words(line).into_iter();
        let name = words.next().unwrap_or_default();
        let command = world.offered(user, channel, name.trim_start_matches('/'))?.clone();
        let locale = world.user(user).locale.clone();
        let (options, resolved) = fill(&world, &command, &locale, words.collect())?;
        let mut data = json!({"id": command["id"], "name": command["name"], "type": 1});
        if !options.is_empty() {
            data["options"] = options.into();
        }
        if resolved.as_object().is_some_and(|all| !all.is_empty()) {
            data["resolved"] = resolved;
        }
        Ok(world.payload(COMMAND, user, channel, None, &data, Value::Null))
    }

    /// Types into an option that suggests, and gets the suggestions. `others`: options filled before, as they are.
    pub async fn autocomplete(
        &self,
        user: Id,
        channel: Id,
        command: &str,
        option: &str,
        typed: &str,
        others: &[(&str, &str)],
    ) -> Result<Vec<(String, Value)>, Snag> {
        let prepared = self.prepare_autocomplete(user, channel, command, option, typed, others)?;
        match self.fire(&prepared).await?.first {
            First::Choices(choices) => Ok(choices),
            _ => Err(Snag::NoAnswer),
        }
    }

    /// Puts an autocomplete together without doing it.
    pub fn prepare_autocomplete(
        &self,
        user: Id,
        channel: Id,
        command: &str,
        option: &str,
        typed: &str,
        others: &[(&str, &str)],
    ) -> Result<Prepared, Snag> {
        let world = held(&self.0.world);
        let mut path = command.trim_start_matches('/').split(' ');
        let command = world.offered(user, channel, path.next().unwrap_or_default())?;
        let mut level = command;
        let mut steps = Vec::new();
        for step in path {
            level = find(level, step, "").ok_or_else(|| Snag::NoOption(step.into()))?;
            steps.push(level);
        }
        let focused = find(level, option, "").filter(|one| one["autocomplete"] == true);
        let focused = focused.ok_or_else(|| Snag::NoOption(option.into()))?;
        let mut options = Vec::new();
        for (name, value) in others {
            let other = find(level, name, "").ok_or_else(|| Snag::NoOption((*name).into()))?;
            // Half-typed values come as they are.
            let value = typed_value(&world, other, value, "").map_or_else(|_| (*value).into(), |(value, _)| value);
            options.push(json!({"name": other["name"], "type": other["type"], "value": value}));
        }
        options.push(json!({"name": focused["name"], "type": focused["type"], "value": typed, "focused": true}));
        for step in steps.iter().rev() {
            options = vec![json!({"name": step["name"], "type": step["type"], "options": options})];
        }
        let data = json!({"id": command["id"], "name": command["name"], "type": 1, "options": options});
        Ok(world.payload(AUTOCOMPLETE, user, channel, None, &data, Value::Null))
    }

    /// Presses the button of this label on the newest message that has one, in whatever channel this person sees.
    pub async fn press(&self, user: Id, label: &str) -> Result<Answered, Snag> {
        let found = self.screen(user).into_iter().find(|shown| shown.labels().contains(&label));
        match found {
            Some(shown) => self.press_on(user, shown.id, label).await,
            None => Err(self.not_there(user, label)),
        }
    }

    /// Presses a button of one message.
    pub async fn press_on(&self, user: Id, message: Id, label: &str) -> Result<Answered, Snag> {
        let shown = self.shown(user, message).ok_or_else(|| self.not_there(user, label))?;
        let button = shown.buttons.iter().find(|one| one.label == label && !one.disabled);
        let button = button.ok_or_else(|| self.not_there(user, label))?;
        if let Some(url) = &button.url {
            let first = First::Link(url.clone());
            return Ok(Answered { first, message: Some(message), took: Duration::ZERO, interaction: 0 });
        }
        self.press_id(user, message, &button.custom_id.clone()).await
    }

    /// Presses what the bot knows by a custom id, whether it is still there or not: as a client does that has not
    /// yet seen the change, or that was forged.
    pub async fn press_id(&self, user: Id, message: Id, custom_id: &str) -> Result<Answered, Snag> {
        let prepared = self.prepare_press(user, message, custom_id)?;
        self.fire(&prepared).await
    }

    /// Puts a press together without doing it.
    pub fn prepare_press(&self, user: Id, message: Id, custom_id: &str) -> Result<Prepared, Snag> {
        let data = json!({"component_type": 2, "custom_id": custom_id});
        self.prepare_component(user, message, &data)
    }

    /// Chooses the option of this label (or value) in the newest select that has it.
    pub async fn choose(&self, user: Id, option: &str) -> Result<Answered, Snag> {
        self.choose_all(user, &[option]).await
    }

    /// Chooses several options of one select.
    pub async fn choose_all(&self, user: Id, options: &[&str]) -> Result<Answered, Snag> {
        let wanted = options.join(", ");
        for shown in self.screen(user) {
            for select in shown.selects.iter().filter(|select| !select.disabled) {
                let pick = |wanted: &&str| {
                    let found = select.options.iter().find(|one| one.label == **wanted || one.value == **wanted);
                    found.map(|one| one.value.clone())
                };
                let Some(values) = options.iter().map(pick).collect::<Option<Vec<_>>>() else { continue };
                if !(select.min..=select.max).contains(&(values.len() as u64)) {
                    return Err(Snag::NotTaken { option: select.placeholder.clone(), value: wanted });
                }
                let data = json!({"component_type": 3, "custom_id": select.custom_id, "values": values});
                return self.fire(&self.prepare_component(user, shown.id, &data)?).await;
            }
        }
        Err(self.not_there(user, &wanted))
    }

    fn prepare_component(&self, user: Id, message: Id, data: &Value) -> Result<Prepared, Snag> {
        let world = held(&self.0.world);
        let on = world.messages.get(&message).ok_or(Snag::NoChannel)?;
        let channel = world.channel(on.channel).filter(|channel| world.sees(user, channel)).ok_or(Snag::NoChannel)?;
        let mut data = data.clone();
        data["id"] = 1.into();
        Ok(world.payload(COMPONENT, user, channel.id, Some(message), &data, Value::Null))
    }

    /// The modal that is open for this person.
    pub fn modal(&self, user: Id) -> Option<Modal> {
        let world = held(&self.0.world);
        let data = &world.modals.get(&user)?.data;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = data["components"].as_array().into_iter().flatten();
        let inputs = rows.flat_map(|row| row["components"].as_array().into_iter().flatten()).map(|one| Input {
            custom_id: text(&one["custom_id"]),
            label: text(&one["label"]),
            value: text(&one["value"]),
            placeholder: text(&one["placeholder"]),
            required: one["required"].as_bool().unwrap_or(true),
            min: one["min_length"].as_u64().unwrap_or(0),
            max: one["max_length"].as_u64().unwrap_or(4000),
            paragraph: one["style"] == 2,
        });
        Some(Modal { custom_id: text(&data["custom_id"]), title: text(&data["title"]), inputs: inputs.collect() })
    }

    /// Closes the open modal. The bot is told nothing.
    pub fn dismiss_modal(&self, user: Id) {
        held(&self.0.world).modals.remove(&user);
    }

    /// Fills the open modal (by label or custom id; the rest stays as it is) and sends it.
    pub async fn answer_modal(&self, user: Id, answers: &[(&str, &str)]) -> Result<Answered, Snag> {
        let modal = self.modal(user).ok_or(Snag::NoModal)?;
        if let Some((stray, _)) = answers
            .iter()
            .find(|(name, _)| !modal.inputs.iter().any(|one| one.label == *name || one.custom_id == *name))
        {
            let there = modal.inputs.iter().map(|one| one.label.clone()).collect();
            return Err(Snag::NotThere { wanted: (*stray).into(), there });
        }
        let mut rows = Vec::new();
        for (at, input) in modal.inputs.iter().enumerate() {
            let said = answers.iter().find(|(name, _)| input.label == *name || input.custom_id == *name);
            let value = said.map_or(input.value.as_str(), |(_, value)| value);
            let length = value.chars().count() as u64;
            if length == 0 && input.required {
                return Err(Snag::Missing(vec![input.label.clone()]));
            }
            if length > 0 && !(input.min..=input.max).contains(&length) {
                return Err(Snag::NotTaken { option: input.label.clone(), value: value.into() });
            }
            let (row, inner) = (at * 2 + 1, at * 2 + 2);
            let filled = json!({"type": 4, "id": inner, "custom_id": input.custom_id, "value": value});
            rows.push(json!({"type": 1, "id": row, "components": [filled]}));
        }
        let prepared = {
            let mut world = held(&self.0.world);
            let open = world.modals.remove(&user).ok_or(Snag::NoModal)?;
            let data = json!({"custom_id": modal.custom_id, "components": rows});
            world.payload(MODAL, user, open.channel, open.message, &data, open.metadata)
        };
        self.fire(&prepared).await
    }

    /// Does what was prepared, and waits for the first answer. Cheap, so that a bench may do thousands a second.
    pub async fn fire(&self, prepared: &Prepared) -> Result<Answered, Snag> {
        let (answer, body, id, token) = self.begin(prepared, "");
        let created = Instant::now();
        self.bring(prepared.guild, id, token, body);
        let reply = tokio::time::timeout(self.0.options.first_answer, answer).await;
        let Ok(Ok(reply)) = reply else { return Err(Snag::NoAnswer) };
        let Reply { kind, data, message, at } = reply;
        let first = match kind {
            4 => First::Message,
            5 => First::Thinking,
            6 => First::Noted,
            7 => First::Changed,
            8 => {
                let all = data["choices"].as_array().into_iter().flatten();
                First::Choices(
                    all.map(|one| (one["name"].as_str().unwrap_or_default().into(), one["value"].clone())).collect(),
                )
            }
            _ => First::Modal,
        };
        Ok(Answered { first, message, took: at.saturating_duration_since(created), interaction: id })
    }

    /// Sends what was prepared, but without one field: as a Discord might whose shape has changed.
    pub fn fire_broken(&self, prepared: &Prepared, lacking: &str) {
        let (_, body, id, token) = self.begin(prepared, lacking);
        self.bring(prepared.guild, id, token, body);
    }

    /// Sends what was prepared and does not look for an answer: id and token, for a story that answers by hand.
    pub fn send(&self, prepared: &Prepared) -> (Id, String) {
        let (_, body, id, token) = self.begin(prepared, "");
        self.bring(prepared.guild, id, token.clone(), body);
        (id, token)
    }

    fn begin(&self, prepared: &Prepared, lacking: &str) -> (oneshot::Receiver<Reply>, String, Id, String) {
        let (tell, answer) = oneshot::channel();
        let mut world = held(&self.0.world);
        let id = world.id(self.0.now());
        let token = world.interaction_token(id);
        let mut body = prepared.head.clone();
        let mut more = format!(r#","id":"{id}","token":"{token}""#);
        if let Some(message) = prepared.message.and_then(|id| world.messages.get(&id)) {
            let shape = wire::message(&world, message, &self.0.base());
            self.0.spec("gateway", "MessageResponse", &shape);
            more.push_str(&format!(r#","message":{shape}"#));
        }
        more.push('}');
        body.push_str(&more);
        let mut metadata = prepared.metadata.clone();
        metadata["id"] = id.to_string().into();
        let interaction = Interaction {
            id,
            token: token.clone(),
            kind: prepared.kind,
            user: prepared.user,
            channel: prepared.channel,
            created: Instant::now(),
            message: prepared.message,
            answered: None,
            original: None,
            made: Vec::new(),
            metadata,
            expired: false,
            waiting: Some(tell),
        };
        world.add_interaction(interaction, self.0.options.keep.saturating_mul(20));
        drop(world);
        if !lacking.is_empty() {
            let mut shape: Value = serde_json::from_str(&body).expect("our own JSON");
            shape.as_object_mut().map(|fields| fields.remove(lacking));
            body = shape.to_string();
        }
        (answer, body, id, token)
    }

    fn bring(&self, guild: Option<Id>, id: Id, token: String, body: String) {
        match held(&self.0.endpoint).clone() {
            Some(url) => {
                tokio::spawn(self.0.clone().bring(url, id, token, body));
            }
            None => {
                self.0.dispatch_text("INTERACTION_CREATE", guild, &body);
            }
        }
    }

    /// Writes a message. In a server the bot sees its content only if it is named in it.
    pub fn says(&self, user: Id, channel: Id, text: &str) -> Id {
        use super::compose::{Origin, Sent};
        let mut world = held(&self.0.world);
        let origin = Origin { channel, author: user, from: None, only_for: None, flags: 0 };
        // People's own mentions are not the bot's business.
        let sent = Sent { json: json!({"content": text, "allowed_mentions": {"parse": []}}), files: Vec::new() };
        let id = world.compose(self.0.now(), self.0.options.keep, origin, &sent);
        drop(world);
        self.0.tell_message("MESSAGE_CREATE", id);
        id
    }

    // Seeing.

    /// Every message of a channel that this person sees, oldest first.
    pub fn see(&self, user: Id, channel: Id) -> Vec<Shown> {
        let world = held(&self.0.world);
        let Some(open) = world.channel(channel).filter(|open| world.sees(user, open)) else { return Vec::new() };
        let all = open.messages.iter().filter_map(|id| world.messages.get(id));
        all.filter(|message| message.only_for.is_none_or(|only| only == user)).map(show).collect()
    }

    /// Every message that this person sees anywhere, newest first.
    pub fn screen(&self, user: Id) -> Vec<Shown> {
        let world = held(&self.0.world);
        let open = world.channels.values().filter(|channel| world.sees(user, channel));
        let all = open.flat_map(|channel| &channel.messages).filter_map(|id| world.messages.get(id));
        let mut all: Vec<_> =
            all.filter(|message| message.only_for.is_none_or(|only| only == user)).map(show).collect();
        all.sort_unstable_by_key(|shown| std::cmp::Reverse(shown.id));
        all
    }

    /// The newest message of the bot that this person sees.
    pub fn newest(&self, user: Id) -> Option<Shown> {
        let bot = self.bot();
        self.screen(user).into_iter().find(|shown| shown.author == bot)
    }

    /// A message, if this person sees it.
    pub fn shown(&self, user: Id, message: Id) -> Option<Shown> {
        let world = held(&self.0.world);
        let found = world.messages.get(&message)?;
        let channel = world.channel(found.channel)?;
        (world.sees(user, channel) && found.only_for.is_none_or(|only| only == user)).then(|| show(found))
    }

    /// Waits for a message that this person sees, wherever. Panics after 20 seconds with what is on the screen.
    pub async fn wait_for(&self, user: Id, mut wanted: impl FnMut(&Shown) -> bool) -> Shown {
        let mut found = None;
        let look = || {
            found = self.screen(user).into_iter().find(&mut wanted);
            found.is_some()
        };
        self.until(Duration::from_secs(20), look).await;
        found.unwrap_or_else(|| panic!("it never came; the screen has {:#?}", self.screen(user)))
    }

    /// The threads below a channel that exist.
    pub fn threads(&self, channel: Id) -> Vec<(Id, String)> {
        let world = held(&self.0.world);
        let threads = world.channels.values().filter(|one| one.parent == Some(channel));
        threads.map(|one| (one.id, one.name.clone())).collect()
    }

    fn not_there(&self, user: Id, wanted: &str) -> Snag {
        let screen = self.screen(user);
        let pressed = screen.iter().flat_map(|shown| shown.labels()).map(str::to_owned);
        let chosen = screen.iter().flat_map(|shown| &shown.selects).flat_map(|one| &one.options);
        let there = pressed.chain(chosen.map(|one| one.label.clone())).collect();
        Snag::NotThere { wanted: wanted.into(), there }
    }
}

impl World {
    /// A registered command, if the client offers it here to this person.
    fn offered(&self, user: Id, channel: Id, name: &str) -> Result<&Value, Snag> {
        let here = self.channel(channel).filter(|here| self.sees(user, here)).ok_or(Snag::NoChannel)?;
        let locale = self.user(user).locale.as_str();
        let found = self.commands.iter().find(|one| one["type"] == 1 && is_called(one, name, locale));
        let found = found.ok_or_else(|| Snag::NoCommand(name.into()))?;
        let context = if here.guild.is_some() { 0 } else { 1 };
        let fits = found["contexts"].as_array().is_none_or(|all| all.iter().any(|one| one == context));
        let needed = found["default_member_permissions"].as_str().and_then(|bits| bits.parse::<u64>().ok());
        let member = here.guild.and_then(|id| self.guilds.get(&id)).and_then(|guild| guild.members.get(&user));
        let may = member.is_none_or(|has| {
            let all = has & bits::ADMINISTRATOR != 0;
            let enough = needed.is_none_or(|needed| needed != 0 && has & needed == needed);
            all || enough && has & bits::USE_APPLICATION_COMMANDS != 0
        });
        if fits && may { Ok(found) } else { Err(Snag::NoCommand(name.into())) }
    }

    /// Everything of an interaction that does not change from one time to the next.
    fn payload(&self, kind: u8, user: Id, channel: Id, message: Option<Id>, data: &Value, cause: Value) -> Prepared {
        let person = self.user(user);
        let here = self.channel(channel);
        let guild = here.and_then(|here| here.guild).and_then(|id| self.guilds.get(&id));
        let told = wire::user(person);
        let mut body = json!({
            "application_id": self.application.to_string(),
            "type": kind,
            "version": 1,
            "data": data,
            "channel_id": channel.to_string(),
            "locale": person.locale,
            "entitlements": [],
            "attachment_size_limit": 10_485_760,
            "app_permissions": here.map_or(0, |here| self.bot_permissions(here)).to_string(),
        });
        let owners = match guild {
            Some(guild) => json!({"0": guild.id.to_string()}),
            None => json!({"0": "0"}),
        };
        let has = guild.and_then(|guild| guild.members.get(&user)).copied().unwrap_or(bits::MEMBER);
        if let Some(here) = here {
            body["channel"] = wire::partial_channel(here, has);
        }
        body["context"] = if guild.is_some() { 0 } else { 1 }.into();
        body["authorizing_integration_owners"] = owners.clone();
        match guild {
            Some(guild) => {
                let mut member = wire::member(self, guild, user);
                member["permissions"] = has.to_string().into();
                wire::merge(
                    &mut body,
                    json!({
                        "guild_id": guild.id.to_string(),
                        "guild_locale": guild.locale,
                        "guild": {"id": guild.id.to_string(), "locale": guild.locale, "features": []},
                        "member": member,
                    }),
                );
            }
            None => body["user"] = told.clone(),
        }
        // The id is filled in when it is sent.
        let mut metadata = json!({"id": "0", "type": kind, "user": told, "authorizing_integration_owners": owners});
        match kind {
            COMPONENT => metadata["interacted_message_id"] = message.unwrap_or(0).to_string().into(),
            MODAL => metadata["triggering_interaction_metadata"] = cause,
            _ => {}
        }
        let mut head = body.to_string();
        head.pop();
        Prepared { kind, user, channel, guild: guild.map(|guild| guild.id), message, head, metadata }
    }
}

fn show(message: &Message) -> Shown {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut buttons, mut selects) = (Vec::new(), Vec::new());
    for (row, line) in message.components.iter().enumerate() {
        for one in line["components"].as_array().into_iter().flatten() {
            let disabled = one["disabled"] == true;
            if one["type"] == 2 {
                let emoji = text(&one["emoji"]["name"]);
                let label = format!("{emoji} {}", text(&one["label"])).trim().to_owned();
                let url = one["url"].as_str().map(str::to_owned);
                let style = one["style"].as_u64().unwrap_or(0);
                buttons.push(Button { label, style, disabled, url, custom_id: text(&one["custom_id"]), row });
            } else {
                let options = one["options"].as_array().into_iter().flatten().map(|option| Choice {
                    label: text(&option["label"]),
                    value: text(&option["value"]),
                    description: text(&option["description"]),
                    default: option["default"] == true,
                });
                selects.push(Select {
                    custom_id: text(&one["custom_id"]),
                    placeholder: text(&one["placeholder"]),
                    options: options.collect(),
                    min: one["min_values"].as_u64().unwrap_or(1),
                    max: one["max_values"].as_u64().unwrap_or(1),
                    disabled,
                    row,
                });
            }
        }
    }
    Shown {
        id: message.id,
        channel: message.channel,
        author: message.author,
        content: message.content.clone(),
        embeds: message.embeds.clone(),
        buttons,
        selects,
        files: message.files.clone(),
        ephemeral: message.only_for.is_some(),
        thinking: message.flags & LOADING != 0,
        edits: message.edits,
        thread: message.thread,
        reply_to: message.reply_to,
    }
}

/// By its name, or by the name that a client of this locale shows.
fn is_called(one: &Value, name: &str, locale: &str) -> bool {
    one["name"] == name || one["name_localizations"][locale] == name
}

fn find<'a>(level: &'a Value, name: &str, locale: &str) -> Option<&'a Value> {
    level["options"].as_array()?.iter().find(|one| is_called(one, name, locale))
}

/// A line's words; quotes hold words together, also behind `name:`.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted, mut some) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' => (quoted, some) = (!quoted, true),
            c if c.is_whitespace() && !quoted => {
                if some {
                    all.push(std::mem::take(&mut word));
                }
                some = false;
            }
            c => {
                word.push(c);
                some = true;
            }
        }
    }
    if some {
        all.push(word);
    }
    all
}

/// Fills a command's options from words: their JSON, and the resolved objects.
fn fill(world: &World, level: &Value, locale: &str, words: Vec<String>) -> Result<(Vec<Value>, Value), Snag> {
    let options = level["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    if options.iter().any(|one| matches!(one["type"].as_u64(), Some(1 | 2))) {
        let mut words = words;
        if words.is_empty() {
            return Err(Snag::Missing(
                options.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned).collect(),
            ));
        }
        let step = words.remove(0);
        let inner = find(level, &step, locale).ok_or(Snag::NoOption(step))?;
        let (filled, resolved) = fill(world, inner, locale, words)?;
        return Ok((vec![json!({"name": inner["name"], "type": inner["type"], "options": filled})], resolved));
    }
    let mut filled: Vec<(&Value, String)> = Vec::new();
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_lowercase() || "-_".contains(c));
    for word in words {
        let named = word.split_once(':').filter(|(key, _)| find(level, key, locale).is_some());
        let (option, value) = match (named, word.split_once(':')) {
            (Some((key, value)), _) => (find(level, key, locale), value.to_owned()),
            (None, Some((key, rest))) if is_key(key) && !rest.starts_with("//") => return Err(Snag::NoOption(word)),
            _ => {
                let next = options.iter().find(|one| !filled.iter().any(|(set, _)| set["name"] == one["name"]));
                (next, word.clone())
            }
        };
        let option = option.ok_or_else(|| Snag::NoOption(word.clone()))?;
        if filled.iter().any(|(set, _)| set["name"] == option["name"]) {
            return Err(Snag::NoOption(word));
        }
        filled.push((option, value));
    }
    let missing = options.iter().filter(|one| one["required"] == true);
    let missing = missing.filter(|one| !filled.iter().any(|(set, _)| set["name"] == one["name"]));
    let missing: Vec<String> = missing.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect();
    if !missing.is_empty() {
        return Err(Snag::Missing(missing));
    }
    let (mut told, mut resolved) = (Vec::new(), Map::new());
    for (option, value) in filled {
        let (value, object) = typed_value(world, option, &value, locale)?;
        if let Some((kind, object)) = object {
            let id = value.as_str().unwrap_or_default().to_owned();
            if let Some(map) = resolved.entry(kind).or_insert_with(|| json!({})).as_object_mut() {
                map.insert(id, object);
            }
        }
        told.push(json!({"name": option["name"], "type": option["type"], "value": value}));
    }
    Ok((told, Value::Object(resolved)))
}

/// A value, and what it stands for: of which kind (`users`, `channels`), and its shape.
type Typed = (Value, Option<(&'static str, Value)>);

/// A typed text as an option's value, and the object that it stands for.
fn typed_value(world: &World, option: &Value, text: &str, locale: &str) -> Result<Typed, Snag> {
    let no = || Snag::NotTaken { option: option["name"].as_str().unwrap_or_default().into(), value: text.into() };
    let choices = option["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !choices.is_empty() {
        let is_number = |value: &Value| value.as_f64().is_some_and(|value| text.parse() == Ok(value));
        let shown = |one: &&Value| is_called(one, text, locale) || one["value"] == text || is_number(&one["value"]);
        let choice = choices.iter().find(shown).ok_or_else(no)?;
        return Ok((choice["value"].clone(), None));
    }
    let between = |value: f64| {
        option["min_value"].as_f64().is_none_or(|min| value >= min)
            && option["max_value"].as_f64().is_none_or(|max| value <= max)
    };
    let mentioned = || number(&Value::from(text.trim_matches(['<', '>', '@', '#', '!', '&'])));
    let value = match option["type"].as_u64() {
        Some(3) => {
            let length = text.chars().count() as u64;
            let (min, max) =
                (option["min_length"].as_u64().unwrap_or(0), option["max_length"].as_u64().unwrap_or(6000));
            if !(min..=max).contains(&length) || length == 0 {
                return Err(no());
            }
            text.into()
        }
        Some(4) => {
            let value: i64 = text.parse().map_err(|_| no())?;
            if between(value as f64) { value.into() } else { return Err(no()) }
        }
        Some(10) => {
            let value: f64 = text.parse().map_err(|_| no())?;
            if between(value) { value.into() } else { return Err(no()) }
        }
        Some(5) => match text.to_lowercase().as_str() {
            "yes" | "true" => true.into(),
            "no" | "false" => false.into(),
            _ => return Err(no()),
        },
        Some(6) => {
            let user = mentioned().and_then(|id| world.users.get(&id)).ok_or_else(no)?;
            return Ok((user.id.to_string().into(), Some(("users", wire::user(user)))));
        }
        Some(7) => {
            let channel = mentioned().and_then(|id| world.channel(id)).ok_or_else(no)?;
            let shape = wire::partial_channel(channel, bits::MEMBER);
            return Ok((channel.id.to_string().into(), Some(("channels", shape))));
        }
        _ => return Err(no()),
    };
    Ok((value, None))
}
