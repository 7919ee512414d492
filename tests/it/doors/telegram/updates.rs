//! What the bot is told: the queue of updates, and the two ways out of it, `getUpdates` and the webhook. What an update
//! says is made in `people`; settings of the webhook are checked in `methods`.

use super::methods::Refusal;
use super::model::State;
use super::{Core, spec};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Kinds that a bot gets only when it asks for them by name.
const ON_DEMAND: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// How many updates are kept for `redeliver`.
const RECENT: usize = 256;
/// The first and the longest wait before a webhook is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// One update, as JSON. `lane` keeps the order: the chat that it is about.
#[derive(Debug, Clone)]
pub struct Update {
    pub id: i64,
    lane: i64,
    body: Bytes,
}

/// Where updates are posted to.
#[derive(Clone)]
pub struct Hook {
    pub url: String,
    pub secret: Option<String>,
    pub connections: usize,
    pub permits: Arc<Semaphore>,
}

#[derive(Default)]
pub struct Updates {
    last: i64,
    /// Waiting for `getUpdates`.
    pending: BTreeMap<i64, Update>,
    /// Told once more, whatever was confirmed.
    again: VecDeque<Update>,
    /// Waiting for the webhook.
    lanes: HashMap<i64, VecDeque<Update>>,
    recent: VecDeque<Update>,
    pub allowed: Option<Vec<String>>,
    pub hook: Option<Hook>,
    pub last_error: Option<(u64, String)>,
    generation: u64,
    polls: u64,
    /// Lanes that need someone to empty them.
    starting: Vec<i64>,
}

impl Updates {
    pub fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(kinds) if !kinds.is_empty() => kinds.iter().any(|name| name == kind),
            _ => !ON_DEMAND.contains(&kind),
        }
    }

    /// How many the bot has not taken yet.
    pub fn waiting(&self) -> usize {
        self.pending.len() + self.lanes.values().map(VecDeque::len).sum::<usize>()
    }

    fn push(&mut self, update: Update) {
        if self.hook.is_none() {
            self.pending.insert(update.id, update);
            return;
        }
        let lane = self.lanes.entry(update.lane).or_insert_with(|| {
            self.starting.push(update.lane);
            VecDeque::new()
        });
        lane.push_back(update);
    }

    /// Tells the update `id` a second time, with the same number. `false` when it is too old.
    pub fn again(&mut self, id: i64) -> bool {
        let Some(update) = self.recent.iter().find(|update| update.id == id).cloned() else { return false };
        if self.hook.is_some() {
            self.push(update)
        } else {
            self.again.push_back(update)
        }
        true
    }

    /// Sets or removes the webhook. What waits changes its way out.
    pub fn redirect(&mut self, hook: Option<Hook>, drop_waiting: bool) {
        let lanes = std::mem::take(&mut self.lanes);
        let mut waiting: Vec<Update> = std::mem::take(&mut self.pending).into_values().collect();
        waiting.extend(lanes.into_values().flatten());
        waiting.sort_by_key(|update| update.id);
        self.hook = hook;
        self.generation += 1;
        self.last_error = None;
        if !drop_waiting {
            waiting.into_iter().for_each(|update| self.push(update));
        }
    }

    /// The next batch of `getUpdates`; those before `offset` are confirmed and forgotten.
    fn batch(&mut self, offset: i64, limit: usize) -> Vec<Update> {
        if offset > 0 {
            self.pending = self.pending.split_off(&offset);
        } else if offset < 0 {
            let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
            while self.pending.len() > keep {
                self.pending.pop_first();
            }
        }
        let mut out: Vec<Update> = Vec::new();
        while out.len() < limit
            && let Some(update) = self.again.pop_front()
        {
            out.push(update);
        }
        let more = limit - out.len();
        out.extend(self.pending.values().take(more).cloned());
        out
    }
}

impl State {
    /// Makes an update of `kind`, unless the bot does not want such. `None` then.
    pub fn tell(&mut self, kind: &'static str, lane: i64, content: &Value) -> Option<i64> {
        if !self.updates.wants(kind) {
            return None;
        }
        self.updates.last += 1;
        let id = self.updates.last;
        if self.options.validate
            && let Some(spec) = spec::spec()
        {
            let value = json!({"update_id": id, kind: content});
            self.violations.extend(spec.object("Update", &value).into_iter().map(|what| format!("the fake: {what}")));
        }
        let update = Update { id, lane, body: format!("{{\"update_id\":{id},\"{kind}\":{content}}}").into() };
        self.updates.recent.push_back(update.clone());
        if self.updates.recent.len() > RECENT {
            self.updates.recent.pop_front();
        }
        self.updates.push(update);
        self.counters.updates += 1;
        Some(id)
    }
}

/// What a poll asked for.
pub struct Poll {
    pub offset: i64,
    pub limit: usize,
    pub timeout: Duration,
}

/// `getUpdates`: the JSON of the waiting updates, at once when there are any, else after `timeout`. A newer poll ends
/// an older one, which gets the 409.
pub async fn poll(core: &Core, poll: Poll) -> Result<Bytes, Refusal> {
    let end = Instant::now() + poll.timeout;
    let serial = core.quietly(|state| {
        state.updates.polls += 1;
        state.updates.polls
    });
    core.arrivals.notify_waiters();
    loop {
        let arrival = core.arrivals.notified();
        tokio::pin!(arrival);
        arrival.as_mut().enable();
        let batch = core.quietly(|state| {
            if state.updates.hook.is_some() {
                return Err(Refusal::webhook_active());
            }
            if state.updates.polls != serial {
                state.counters.conflicts += 1;
                return Err(Refusal::other_poll());
            }
            Ok(state.updates.batch(poll.offset, poll.limit))
        })?;
        if !batch.is_empty() || tokio::time::timeout_at(end, arrival).await.is_err() {
            let mut out = Vec::with_capacity(batch.iter().map(|update| update.body.len() + 1).sum::<usize>() + 2);
            out.push(b'[');
            for (at, update) in batch.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&update.body);
            }
            out.push(b']');
            return Ok(out.into());
        }
    }
}

/// Sends on what has just been queued: wakes the poll, and starts emptying new lanes.
pub fn send_on(core: &Arc<Core>) {
    let (starting, generation) = core.quietly(|state| {
        if state.updates.hook.is_none() {
            state.updates.starting.clear();
        }
        (std::mem::take(&mut state.updates.starting), state.updates.generation)
    });
    core.arrivals.notify_waiters();
    for lane in starting {
        tokio::spawn(empty(core.clone(), lane, generation));
    }
}

/// Posts the updates of one lane, one after the other, each until the bot takes it.
async fn empty(core: Arc<Core>, lane: i64, generation: u64) {
    let mut wait = BACKOFF.0;
    loop {
        let next = core.quietly(|state| {
            let updates = &mut state.updates;
            if updates.generation != generation {
                return None;
            }
            let Some(update) = updates.lanes.get(&lane).and_then(|queue| queue.front().cloned()) else {
                updates.lanes.remove(&lane);
                return None;
            };
            Some((update, updates.hook.clone()?))
        });
        let Some((update, hook)) = next else { return };
        let Ok(permit) = hook.permits.acquire().await else { return };
        let mut request = core.http.post(&hook.url).header("content-type", "application/json").body(update.body);
        if let Some(secret) = &hook.secret {
            request = request.header("x-telegram-bot-api-secret-token", secret);
        }
        let failure = match request.send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("Wrong response from the webhook: {}", answer.status())),
            Err(_) => Some("Connection failed".to_owned()),
        };
        drop(permit);
        let failed = failure.is_some();
        core.change(|state| {
            if let Some(failure) = failure {
                state.updates.last_error = Some((state.now(), failure));
            } else if let Some(queue) = state.updates.lanes.get_mut(&lane)
                && queue.front().is_some_and(|first| first.id == update.id)
            {
                queue.pop_front();
            }
        });
        if failed {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(BACKOFF.1);
        } else {
            wait = BACKOFF.0;
        }
    }
}
