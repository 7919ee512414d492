//! The gateway: hello, identify, heartbeats, resume with replay, and every way in which a connection goes wrong.
//! Plain text frames only.

use super::model::Id;
use super::{Discord, Inner, held, wire};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const GUILDS: u64 = 1;
const GUILD_MESSAGES: u64 = 1 << 9;
const DIRECT_MESSAGES: u64 = 1 << 12;
/// The intents for which one has to ask: members, presences, content.
const PRIVILEGED: u64 = 1 << 1 | 1 << 8 | MESSAGE_CONTENT;
pub const MESSAGE_CONTENT: u64 = 1 << 15;
/// Events that are kept for a resume.
const KEPT: usize = 2000;

/// What goes down a connection.
enum Frame {
    Text(String),
    Close(u16, String),
    /// The connection breaks without a word.
    Break,
}

struct Session {
    shard: (u64, u64),
    intents: u64,
    seq: u64,
    kept: VecDeque<(u64, String)>,
    line: Option<Line>,
}

#[derive(Clone)]
struct Line {
    number: u64,
    frames: mpsc::UnboundedSender<Frame>,
    /// The peer's packets vanish, and so do ours.
    half_open: Arc<AtomicBool>,
}

#[derive(Default)]
pub struct Sessions {
    all: HashMap<String, Session>,
    lines: Vec<Line>,
    count: u64,
    identified: usize,
    resumed: usize,
    heartbeats: usize,
    deaf: bool,
}

impl Sessions {
    fn send(&mut self, session: &str, name: &str, data: &str) {
        let Some(session) = self.all.get_mut(session) else { return };
        session.seq += 1;
        let text = format!(r#"{{"op":0,"t":"{name}","s":{},"d":{data}}}"#, session.seq);
        session.kept.push_back((session.seq, text.clone()));
        if session.kept.len() > KEPT {
            session.kept.pop_front();
        }
        if let Some(line) = &session.line {
            let _ = line.frames.send(Frame::Text(text));
        }
    }
}

/// The intent that an event needs.
fn intent(name: &str, private: bool) -> u64 {
    match name {
        _ if name.starts_with("MESSAGE_") => {
            if private {
                DIRECT_MESSAGES
            } else {
                GUILD_MESSAGES
            }
        }
        _ if name.starts_with("GUILD_") || name.starts_with("THREAD_") || name.starts_with("CHANNEL_") => GUILDS,
        _ => 0,
    }
}

impl Inner {
    /// Sends an event to the sessions that it is for: the server's shard (private matters: shard 0), with the intent.
    /// True if there was one, connected or expected back.
    pub fn dispatch(&self, name: &str, guild: Option<Id>, data: &Value) -> bool {
        self.dispatch_text(name, guild, &data.to_string())
    }

    pub fn dispatch_text(&self, name: &str, guild: Option<Id>, data: &str) -> bool {
        let needed = intent(name, guild.is_none());
        let mut sessions = held(&self.gateway);
        let mine = sessions.all.iter().filter(|(_, session)| {
            session.intents & needed == needed && session.shard.0 == guild.map_or(0, |id| (id >> 22) % session.shard.1)
        });
        let mine: Vec<String> = mine.map(|(id, _)| id.clone()).collect();
        mine.iter().for_each(|session| sessions.send(session, name, data));
        !mine.is_empty()
    }

    pub fn wants_messages(&self, guild: Option<Id>) -> bool {
        let needed = if guild.is_none() { DIRECT_MESSAGES } else { GUILD_MESSAGES };
        held(&self.gateway).all.values().any(|session| session.intents & needed != 0)
    }

    pub fn guild_create(&self, guild: Id) {
        let world = held(&self.world);
        let Some(guild) = world.guilds.get(&guild) else { return };
        let (id, shape) = (guild.id, wire::guild(&world, guild));
        drop(world);
        self.spec("gateway", "GuildResponse", &shape);
        self.dispatch("GUILD_CREATE", Some(id), &shape);
    }

    fn hello(&self) -> String {
        json!({"op": 10, "t": null, "s": null, "d": {"heartbeat_interval": self.options.heartbeat.as_millis() as u64}})
            .to_string()
    }

    /// IDENTIFY: a new session, READY, then its servers. Else the code to close with.
    fn identify(&self, data: &Value, line: &Line) -> Result<String, (u16, &'static str)> {
        let told = data["token"].as_str().unwrap_or_default();
        if told.trim_start_matches("Bot ") != held(&self.world).token {
            return Err((4004, "Authentication failed."));
        }
        let intents = data["intents"].as_u64().ok_or((4013, "Invalid intent(s)."))?;
        if intents & PRIVILEGED & !self.options.privileged != 0 {
            return Err((4014, "Disallowed intent(s)."));
        }
        let shard = match &data["shard"] {
            Value::Null => (0, 1),
            shard => (shard[0].as_u64().unwrap_or(0), shard[1].as_u64().unwrap_or(0)),
        };
        if shard.0 >= shard.1 {
            return Err((4010, "Invalid shard."));
        }
        let world = held(&self.world);
        let mine: Vec<Id> = world.guilds.keys().copied().filter(|id| (id >> 22) % shard.1 == shard.0).collect();
        let ready = |session: &str| {
            json!({
                "v": 10,
                "user": wire::me(&world),
                "guilds": mine.iter().map(|id| json!({"id": id.to_string(), "unavailable": true})).collect::<Vec<_>>(),
                "session_id": session,
                "resume_gateway_url": self.gateway_url(),
                "shard": [shard.0, shard.1],
                "application": {"id": world.application.to_string(), "flags": 0},
                "private_channels": [],
                "session_type": "normal",
            })
        };
        let shapes: Vec<_> =
            mine.iter().filter_map(|id| world.guilds.get(id)).map(|g| wire::guild(&world, g)).collect();
        let mut sessions = held(&self.gateway);
        sessions.identified += 1;
        let id = format!("{:032x}", u128::from(self.now()) << 32 | sessions.identified as u128);
        let session = Session { shard, intents, seq: 0, kept: VecDeque::new(), line: Some(line.clone()) };
        sessions.all.insert(id.clone(), session);
        sessions.send(&id, "READY", &ready(&id).to_string());
        if intents & GUILDS != 0 {
            shapes.iter().for_each(|shape| sessions.send(&id, "GUILD_CREATE", &shape.to_string()));
        }
        Ok(id)
    }

    /// RESUME: what was missed, then RESUMED. None: the session is not known any more.
    fn resume(&self, data: &Value, line: &Line) -> Option<String> {
        let told = data["token"].as_str().unwrap_or_default().trim_start_matches("Bot ").to_owned();
        let (id, seq) = (data["session_id"].as_str()?.to_owned(), data["seq"].as_u64()?);
        if told != held(&self.world).token {
            return None;
        }
        let mut sessions = held(&self.gateway);
        let session = sessions.all.get_mut(&id)?;
        let oldest = session.kept.front().map_or(session.seq + 1, |(seq, _)| *seq);
        if seq > session.seq || seq + 1 < oldest {
            return None;
        }
        for (_, text) in session.kept.iter().filter(|(number, _)| *number > seq) {
            let _ = line.frames.send(Frame::Text(text.clone()));
        }
        session.line = Some(line.clone());
        sessions.resumed += 1;
        sessions.send(&id, "RESUMED", "{}");
        Some(id)
    }

    /// One frame of the client. Err closes.
    fn frame(&self, text: &str, line: &Line, session: &mut Option<String>) -> Result<(), (u16, &'static str)> {
        if text.len() > 4096 {
            return Err((4002, "Error while decoding payload."));
        }
        let frame: Value = serde_json::from_str(text).map_err(|_| (4002, "Error while decoding payload."))?;
        match frame["op"].as_u64() {
            Some(1) => {
                let mut sessions = held(&self.gateway);
                sessions.heartbeats += 1;
                if !sessions.deaf {
                    let _ = line.frames.send(Frame::Text(r#"{"op":11,"t":null,"s":null,"d":null}"#.into()));
                }
            }
            Some(2) if session.is_some() => return Err((4005, "Already authenticated.")),
            Some(2) => *session = Some(self.identify(&frame["d"], line)?),
            Some(6) => {
                *session = self.resume(&frame["d"], line);
                if session.is_none() {
                    let _ = line.frames.send(Frame::Text(r#"{"op":9,"t":null,"s":null,"d":false}"#.into()));
                }
            }
            Some(3 | 4 | 8 | 31) if session.is_some() => {}
            Some(3 | 4 | 8 | 31) => return Err((4003, "Not authenticated.")),
            _ => return Err((4001, "Unknown opcode.")),
        }
        self.changed();
        Ok(())
    }
}

/// One connection, until it ends.
pub async fn run(down: CancellationToken, home: Weak<Inner>, mut socket: WebSocket) {
    let (frames, mut outbox) = mpsc::unbounded_channel();
    let line = {
        let Some(inner) = home.upgrade() else { return };
        let _ = frames.send(Frame::Text(inner.hello()));
        let mut sessions = held(&inner.gateway);
        sessions.count += 1;
        let line = Line { number: sessions.count, frames, half_open: Arc::default() };
        sessions.lines.push(line.clone());
        line
    };
    let mut session = None;
    let mut sent: VecDeque<Instant> = VecDeque::new();
    loop {
        tokio::select! {
            () = down.cancelled() => break,
            frame = outbox.recv() => match frame {
                _ if line.half_open.load(Ordering::Relaxed) => {}
                Some(Frame::Text(text)) => {
                    if socket.send(Message::Text(text.into())).await.is_err() {
                        break;
                    }
                }
                Some(Frame::Close(code, reason)) => {
                    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
                    // The peer's close frame, or its silence.
                    let _ = tokio::time::timeout(Duration::from_secs(5), async {
                        while let Some(Ok(_)) = socket.recv().await {}
                    }).await;
                    break;
                }
                Some(Frame::Break) | None => break,
            },
            // A half-open line reads nothing: not even a close frame gets its answer.
            frame = socket.recv(), if !line.half_open.load(Ordering::Relaxed) => {
                let text = match frame {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => continue,
                };
                if line.half_open.load(Ordering::Relaxed) {
                    continue;
                }
                let Some(inner) = home.upgrade() else { break };
                sent.push_back(Instant::now());
                while sent.front().is_some_and(|first| first.elapsed() > Duration::from_secs(60)) {
                    sent.pop_front();
                }
                let done = if sent.len() > 120 {
                    inner.breach("gateway", ["more than 120 sends in 60 s".to_owned()]);
                    Err((4008, "Rate limited."))
                } else {
                    inner.frame(&text, &line, &mut session)
                };
                if let Err((code, reason)) = done {
                    let _ = line.frames.send(Frame::Close(code, reason.into()));
                }
            }
        }
    }
    let Some(inner) = home.upgrade() else { return };
    let mut sessions = held(&inner.gateway);
    sessions.lines.retain(|other| other.number != line.number);
    for session in sessions.all.values_mut() {
        if session.line.as_ref().is_some_and(|other| other.number == line.number) {
            session.line = None;
        }
    }
    drop(sessions);
    inner.changed();
}

impl Discord {
    /// How many sessions have been begun by IDENTIFY.
    pub fn identified(&self) -> usize {
        held(&self.0.gateway).identified
    }

    /// How many times a session was resumed.
    pub fn resumed(&self) -> usize {
        held(&self.0.gateway).resumed
    }

    /// How many heartbeats came.
    pub fn heartbeats(&self) -> usize {
        held(&self.0.gateway).heartbeats
    }

    /// The shards that are connected with a session, as (number, of how many), in order.
    pub fn shards(&self) -> Vec<(u64, u64)> {
        let sessions = held(&self.0.gateway);
        let mut all: Vec<_> = sessions.all.values().filter(|one| one.line.is_some()).map(|one| one.shard).collect();
        all.sort_unstable();
        all
    }

    /// The intents that the bot has asked for, over all sessions.
    pub fn intents(&self) -> u64 {
        held(&self.0.gateway).all.values().fold(0, |all, session| all | session.intents)
    }

    /// Waits until `count` shards are connected. False after ten seconds.
    pub async fn online(&self, count: usize) -> bool {
        self.until(Duration::from_secs(10), || self.shards().len() == count).await
    }

    fn everywhere(&self, frame: impl Fn() -> Frame) {
        for line in &held(&self.0.gateway).lines {
            let _ = line.frames.send(frame());
        }
    }

    /// Op 7: asks every connection to reconnect and resume.
    pub fn ask_to_reconnect(&self) {
        self.everywhere(|| Frame::Text(r#"{"op":7,"t":null,"s":null,"d":null}"#.into()));
    }

    /// Op 9: ends every session, or (resumable) only says so.
    pub fn invalidate(&self, resumable: bool) {
        if !resumable {
            self.forget_sessions();
        }
        self.everywhere(|| Frame::Text(format!(r#"{{"op":9,"t":null,"s":null,"d":{resumable}}}"#)));
    }

    /// Closes every connection with a code.
    pub fn close(&self, code: u16) {
        self.everywhere(|| Frame::Close(code, String::new()));
    }

    /// Breaks every connection without a close frame.
    pub fn cut(&self) {
        self.everywhere(|| Frame::Break);
    }

    /// Makes every present connection half-open: it stays, but nothing comes or is read any more. New ones are sound.
    pub fn half_open(&self) {
        for line in &held(&self.0.gateway).lines {
            line.half_open.store(true, Ordering::Relaxed);
            // Wakes the task, so that it stops reading.
            let _ = line.frames.send(Frame::Text(String::new()));
        }
    }

    /// While deaf, heartbeats are not acknowledged.
    pub fn deaf(&self, yes: bool) {
        held(&self.0.gateway).deaf = yes;
    }

    /// Every session is forgotten: the next resume gets op 9.
    pub fn forget_sessions(&self) {
        held(&self.0.gateway).all.clear();
    }

    /// Sends any event with any data, as a future or a broken Discord might.
    pub fn event(&self, name: &str, guild: Option<Id>, data: &Value) {
        self.0.dispatch(name, guild, data);
    }
}
