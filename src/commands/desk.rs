//! The desk: an ask comes in, an answer goes out. Everything that is the same for all commands is here.
//!
//! Who asks and what they may; reading lines; buttons, for one person each; refusals; our own faults with a
//! reference. How a form is filled is told in `filling`. Not here: any single command, any platform, any message.

use super::door;
use super::drafts::{Drafts, Lanes};
use super::explain::{explain, foreign, not_a_command};
use super::filling::Step;
use super::gate::Caller;
use super::{Command, Context, House, Trouble, commands_for, parse};
use crate::chat::{Answers, Ask, Card, Draft, DraftId, Refusal, Reply, Spec, Tone, Urge, What};
use crate::secret::looks_secret;
use crate::speech::Line;
use sha2::{Digest, Sha256};

/// What the desk says to an ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The card, for whom, and what about.
    pub reply: Reply,
    /// The language that the person chose, if they did.
    pub language: Option<String>,
}

/// The desk.
pub struct Desk {
    pub(super) house: House,
    pub(super) drafts: Drafts,
    pub(super) lanes: Lanes,
}

impl Desk {
    /// Opens the desk of a house.
    pub fn new(house: House) -> Self {
        Self { drafts: Drafts(house.store.clone()), house, lanes: Lanes::default() }
    }

    /// The house behind it.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Answers an ask. Never fails: what goes wrong becomes a card. `None`: it was not for us.
    pub async fn answer(&self, ask: &Ask) -> Option<Answer> {
        if self.is_none_of_ours(ask) {
            return None;
        }
        let caller = match Caller::meet(&self.house, ask).await {
            Ok(caller) => caller,
            Err(error) => return Some(Answer { reply: self.fault(&error, true), language: None }),
        };
        let reply = match self.hear(&caller).await {
            Ok(reply) => reply,
            Err(Trouble::No(refusal)) => Reply::new((*refusal).into()),
            Err(Trouble::Ours(error)) => self.fault(error.as_ref(), true),
        };
        // What was just chosen counts at once.
        let language = match self.house.people.meet(&ask.from).await {
            Ok(account) => account.language,
            Err(_) => caller.account.language,
        };
        Some(Answer { reply, language })
    }

    /// The no to somebody who pressed a button of another's: known at once, from memory.
    pub fn foreign(&self, ask: &Ask) -> Option<Answer> {
        let owner = match &ask.what {
            What::Press(press) => self.drafts.press(&press.id).ok()??.person,
            What::Fill { draft, .. } | What::Turn { draft, .. } => self.drafts.get(draft).ok()??.person,
            What::Arrived | What::Invoke { .. } | What::Said(_) | What::Overheard(_) => return None,
        };
        if owner.handle() == ask.from.handle() {
            return None;
        }
        let known = |person| self.house.people.known(person).ok().flatten();
        let (theirs, own) = (known(&owner), known(&ask.from));
        if own.is_some() && own.as_ref().map(|account| &account.key) == theirs.as_ref().map(|account| &account.key) {
            return None;
        }
        Some(Answer { reply: foreign(&owner.name), language: own.and_then(|account| account.language) })
    }

    /// Whether something was only overheard that answers no open question, or where nobody is served. The store of
    /// accounts is not touched: those who talk near us are no business of ours.
    pub fn is_none_of_ours(&self, ask: &Ask) -> bool {
        let What::Overheard(text) = &ask.what else { return false };
        if !self.house.people.rooms().serves(&ask.room).unwrap_or(false) {
            return true;
        }
        let open = self.drafts.open(&ask.from, &ask.room).ok().flatten();
        let waits = open.is_some_and(|draft| draft.done.is_none() && draft.expires > self.house.clock.now());
        !waits && !looks_secret(text)
    }

    /// Logs a fault of ours, and the card that tells the person its reference. `idle`: nothing was begun.
    pub fn fault(&self, error: &(dyn std::error::Error + 'static), idle: bool) -> Reply {
        let reference = self.house.dice.word(6);
        tracing::error!(%reference, error, "an ask could not be answered");
        let rest = if idle { Line::new("desk-fault-idle") } else { Line::new("desk-fault-unsure") };
        let card = Card::new(Tone::No, Line::new("desk-fault").with("reference", reference)).text(rest);
        Reply::new(card)
    }

    /// Forgets forms and buttons that are long past. Worth a call at every start.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self) -> crate::store::StoreResult<()> {
        self.drafts.sweep(self.house.clock.now()).await
    }

    async fn hear(&self, caller: &Caller<'_>) -> Result<Reply, Trouble> {
        match &caller.ask.what {
            what if door::tells_a_secret(what) => Ok(door::secret_told()),
            What::Arrived if !caller.served => Err(caller.closed().into()),
            What::Arrived => Ok(door::greeting(&self.house, &caller.account)),
            What::Invoke { command, answers } => {
                let command = caller.command(command)?;
                self.begin(caller, command, self.new_id(caller.ask), answers.clone()).await
            }
            What::Press(press) => self.press(caller, &press.id).await,
            What::Fill { draft, answers } => self.fill(caller, draft, Step::Answers(answers.clone())).await,
            What::Turn { draft, page } => self.fill(caller, draft, Step::Page(*page)).await,
            What::Said(text) | What::Overheard(text) => self.read(caller, text).await,
        }
    }

    /// A typed line: a command, or the answer to the open question.
    async fn read(&self, caller: &Caller<'_>, text: &str) -> Result<Reply, Trouble> {
        let text = text.trim();
        if !caller.may_say(text) {
            return Err(caller.closed().into());
        }
        let specs: Vec<&'static Spec> = commands_for(caller.account.role).map(Command::spec).collect();
        if !text.starts_with('/') {
            let open = self.drafts.open(&caller.ask.from, &caller.ask.room)?;
            let now = self.house.clock.now();
            if let Some(draft) = open.filter(|draft| draft.done.is_none() && draft.expires > now)
                && let Some(command) = specs.iter().find(|spec| spec.name == draft.command)
                && let Some(field) = self.gap(caller, command, &draft).await?
            {
                let answers = Answers::from([(field, text.to_owned())]);
                return self.fill(caller, &draft.id, Step::Answers(answers)).await;
            }
            // Without a slash, only what surely is a command counts as one.
            let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
            if !specs.iter().any(|spec| spec.name == first) {
                return Err(not_a_command(text, &specs).into());
            }
        }
        let typed = parse(text, &specs).map_err(|unreadable| explain(unreadable, text, &specs))?;
        let command = caller.command(typed.command)?;
        self.begin(caller, command, self.new_id(caller.ask), typed.answers).await
    }

    /// The name of the field that a draft asks for.
    async fn gap(&self, caller: &Caller<'_>, spec: &Spec, draft: &Draft) -> Result<Option<String>, Trouble> {
        let command = caller.command(spec.name)?;
        let form = command.form(&self.context(caller, &draft.id), &draft.answers).await?;
        Ok(form.gap(draft).map(|field| field.name.to_owned()))
    }

    async fn press(&self, caller: &Caller<'_>, id: &str) -> Result<Reply, Trouble> {
        let Some(press) = self.drafts.press(id)? else {
            return Err(Refusal::new(Line::new("desk-button-gone"), Line::new("desk-button-gone-why")).into());
        };
        let owner = self.house.people.meet(&press.person).await?;
        if owner.key != caller.account.key {
            return Ok(foreign(&press.person.name));
        }
        match press.urge {
            Urge::Fill { draft, answers } => self.fill(caller, &draft, Step::Answers(answers)).await,
            Urge::Reopen { draft, fields } => self.fill(caller, &draft, Step::Reopen(fields)).await,
            Urge::Run { command, answers } => {
                let command = caller.command(&command)?;
                // The form takes the button's name: however often it is pressed, it is one form, and acts once.
                let id = DraftId(id.to_owned());
                let _lane = self.lanes.enter(&id).await;
                let now = self.house.clock.now();
                match self.drafts.get(&id)?.filter(|draft| draft.done.is_some() || draft.expires > now) {
                    Some(draft) if command.spec().acts => self.go_on(caller, command, draft).await,
                    _ => self.begin(caller, command, id, answers).await,
                }
            }
        }
    }

    pub(super) fn context<'a>(&'a self, caller: &'a Caller<'a>, draft: &'a DraftId) -> Context<'a> {
        Context { ask: caller.ask, account: &caller.account, served: caller.served, draft, house: &self.house }
    }

    /// The name of a new form: the same when the same ask arrives again, so that it acts once.
    fn new_id(&self, ask: &Ask) -> DraftId {
        if ask.id.is_empty() {
            return DraftId(self.house.dice.word(20));
        }
        let told = format!("draft|{}|{}", ask.from.platform.word(), ask.id);
        DraftId(hex::encode(Sha256::digest(told).get(..10).unwrap_or_default()))
    }
}
