//! The desk: an ask comes in, an answer goes out. Everything that is the same for all commands is here.
//!
//! Who asks and what they may; reading lines; forms and their gaps; buttons, once each and for one person;
//! refusals; our own faults with a reference. Not here: any single command, any platform, any message.

use super::checks::{self, Misfit};
use super::door;
use super::drafts::{Drafts, Lanes, PATIENCE};
use super::explain::{explain, find, foreign, help, not_a_command};
use super::{Command, Context, House, Trouble, commands_for, one_liner, parse};
use crate::chat::{
    Answers, Ask, Block, Button, ButtonStyle, Card, Done, Draft, DraftId, Place, Refusal, Reply, Spec, Tone, Urge, What,
};
use crate::people::Account;
use crate::speech::Line;

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
    house: House,
    drafts: Drafts,
    lanes: Lanes,
}

/// Somebody, and what they said.
struct Caller<'a> {
    ask: &'a Ask,
    account: Account,
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

    /// Answers an ask. Never fails: what goes wrong becomes a card.
    pub async fn answer(&self, ask: &Ask) -> Answer {
        let account = match self.house.people.meet(&ask.from).await {
            Ok(account) => account,
            Err(error) => return Answer { reply: self.fault(&error, true), language: None },
        };
        let language = account.language.clone();
        let caller = Caller { ask, account };
        let reply = match self.hear(&caller).await {
            Ok(reply) => reply,
            Err(Trouble::No(refusal)) => Reply::new((*refusal).into()),
            Err(Trouble::Ours(error)) => self.fault(error.as_ref(), true),
        };
        // What was just chosen counts at once.
        let language = match self.house.people.meet(&ask.from).await {
            Ok(account) => account.language,
            Err(_) => language,
        };
        Answer { reply, language }
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
            What::Arrived => Ok(door::greeting(&self.house, &caller.account)),
            What::Invoke { command, answers } => {
                let command = find(caller.account.role, command)?;
                self.begin(caller, command, self.new_id(), answers.clone()).await
            }
            What::Press(press) => self.press(caller, &press.id).await,
            What::Fill { draft, answers } => self.fill(caller, draft, answers.clone(), None).await,
            What::Said(text) => self.read(caller, text).await,
        }
    }

    /// A typed line: a command, or the answer to the open question.
    async fn read(&self, caller: &Caller<'_>, text: &str) -> Result<Reply, Trouble> {
        let text = text.trim();
        let specs: Vec<&'static Spec> = commands_for(caller.account.role).map(Command::spec).collect();
        if !text.starts_with('/') {
            let open = self.drafts.open(&caller.ask.from, &caller.ask.room)?;
            let now = self.house.clock.now();
            if let Some(draft) = open.filter(|draft| draft.done.is_none() && draft.expires > now)
                && let Some(command) = specs.iter().find(|spec| spec.name == draft.command)
                && let Some(field) = self.gap(caller, command, &draft).await?
            {
                return self.fill(caller, &draft.id, Answers::from([(field, text.to_owned())]), None).await;
            }
            // Without a slash, only what surely is a command counts as one.
            let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
            if !specs.iter().any(|spec| spec.name == first) {
                return Err(not_a_command(text, &specs).into());
            }
        }
        let typed = parse(text, &specs).map_err(|unreadable| explain(unreadable, text, &specs))?;
        let command = find(caller.account.role, typed.command)?;
        self.begin(caller, command, self.new_id(), typed.answers).await
    }

    /// The name of the field that a draft asks for.
    async fn gap(&self, caller: &Caller<'_>, spec: &Spec, draft: &Draft) -> Result<Option<String>, Trouble> {
        let command = find(caller.account.role, spec.name)?;
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
            Urge::Fill { draft, answers } => self.fill(caller, &draft, answers, None).await,
            Urge::Reopen { draft, field } => self.fill(caller, &draft, Answers::new(), Some(field)).await,
            Urge::Run { command, answers } => {
                let command = find(caller.account.role, &command)?;
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

    /// Answers to an open form, or one of its fields asked again.
    async fn fill(
        &self,
        caller: &Caller<'_>,
        id: &DraftId,
        answers: Answers,
        reopen: Option<String>,
    ) -> Result<Reply, Trouble> {
        let _lane = self.lanes.enter(id).await;
        let Some(mut draft) = self.drafts.get(id)? else {
            return Err(Refusal::new(Line::new("desk-form-gone"), Line::new("desk-form-gone-why")).into());
        };
        if self.house.people.meet(&draft.person).await?.key != caller.account.key {
            return Ok(foreign(&draft.person.name));
        }
        let command = find(caller.account.role, &draft.command)?;
        let now = self.house.clock.now();
        if draft.done.is_none() && draft.expires <= now {
            let urge = Urge::Run { command: draft.command, answers: draft.answers };
            let again = Button::new(Line::new("desk-start-again"), ButtonStyle::Primary, urge);
            return Err(Refusal::new(Line::new("desk-expired"), Line::new("desk-expired-why")).way(again).into());
        }
        if draft.done.is_none() {
            draft.expires = now.plus(PATIENCE);
            draft.reopened.extend(reopen);
            if let Err(misfit) = checks::take(command.spec(), &mut draft, answers) {
                return self.misfit(caller, command, draft, misfit).await;
            }
        }
        self.go_on(caller, command, draft).await
    }

    /// A new form of a command.
    async fn begin(
        &self,
        caller: &Caller<'_>,
        command: &'static dyn Command,
        id: DraftId,
        answers: Answers,
    ) -> Result<Reply, Trouble> {
        let spec = command.spec();
        if spec.place == Place::Private && !caller.ask.room.private {
            let card: Card = Refusal::new(
                Line::new("desk-only-private").with("command", spec.name),
                Line::new("desk-only-private-why"),
            )
            .into();
            return Ok(Reply::private(card));
        }
        let mut draft = Draft {
            id,
            person: caller.ask.from.clone(),
            command: spec.name.to_owned(),
            answers: Answers::new(),
            reopened: Vec::new(),
            asked: false,
            done: None,
            expires: self.house.clock.now().plus(PATIENCE),
        };
        match checks::take(spec, &mut draft, answers) {
            Ok(()) => self.go_on(caller, command, draft).await,
            Err(misfit) => self.misfit(caller, command, draft, misfit).await,
        }
    }

    /// Asks what is missing, or runs.
    async fn go_on(
        &self,
        caller: &Caller<'_>,
        command: &'static dyn Command,
        mut draft: Draft,
    ) -> Result<Reply, Trouble> {
        if let Some(done) = &draft.done {
            return Ok(self.outcome(done));
        }
        let id = draft.id.clone();
        let cx = self.context(caller, &id);
        let mut form = match command.form(&cx, &draft.answers).await {
            Err(Trouble::No(refusal)) => return self.refused(&draft, *refusal).await,
            form => form?,
        };
        loop {
            match checks::choose(command.spec(), &form, &mut draft.answers) {
                // What is asked may depend on what was just understood.
                Ok(true) => form = command.form(&cx, &draft.answers).await?,
                Ok(false) => break,
                Err(misfit) => {
                    draft.answers.remove(&misfit.name);
                    let card = checks::refuse(misfit, &draft, &form);
                    draft.asked = true;
                    self.drafts.keep(&draft, Some(&caller.ask.room)).await?;
                    return Ok(Reply::new(card));
                }
            }
        }
        if let Some(field) = form.gap(&draft) {
            let mut card = Card::new(Tone::Plain, field.question.clone());
            card.question = Some(checks::question(field, &draft));
            draft.asked = true;
            self.drafts.keep(&draft, Some(&caller.ask.room)).await?;
            return Ok(Reply::new(card));
        }
        let mut answers = draft.answers.clone();
        for field in form.fields {
            if let Some(default) = field.default {
                answers.entry(field.name.to_owned()).or_insert(default);
            }
        }
        self.run(&cx, command, draft, &answers).await
    }

    async fn run(
        &self,
        cx: &Context<'_>,
        command: &'static dyn Command,
        mut draft: Draft,
        answers: &Answers,
    ) -> Result<Reply, Trouble> {
        let spec = command.spec();
        let mut reply = match command.run(cx, answers).await {
            Ok(reply) => reply,
            Err(Trouble::No(refusal)) => return self.refused(&draft, *refusal).await,
            // Whether it had begun is not known here.
            Err(Trouble::Ours(error)) => return Ok(self.fault(error.as_ref(), !spec.acts)),
        };
        let open = checks::offers(&reply.card, &draft);
        if draft.asked && !open && reply.topic.is_none() {
            let line = one_liner(spec, &draft.answers);
            reply.card.blocks.extend([Block::Text(Line::new("desk-one-line")), Block::Code(line)]);
        }
        if !open && spec.acts {
            draft.done = Some(Done { topic: reply.topic.clone() });
        }
        if draft.asked || open || draft.done.is_some() {
            self.drafts.keep(&draft, None).await?;
        }
        Ok(reply)
    }

    /// A command's no. The form stays as it is, to be answered otherwise, or again.
    async fn refused(&self, draft: &Draft, mut refusal: Refusal) -> Result<Reply, Trouble> {
        if refusal.passing {
            let urge = Urge::Fill { draft: draft.id.clone(), answers: Answers::new() };
            refusal = refusal.way(Button::new(Line::new("desk-ask-again"), ButtonStyle::Plain, urge));
        }
        let card: Card = refusal.into();
        if draft.asked || checks::offers(&card, draft) {
            self.drafts.keep(draft, None).await?;
        }
        Ok(Reply::new(card))
    }

    /// An answer that does not fit, before the form is known: the rest of the answers is kept.
    async fn misfit(
        &self,
        caller: &Caller<'_>,
        command: &'static dyn Command,
        mut draft: Draft,
        misfit: Misfit,
    ) -> Result<Reply, Trouble> {
        let form = command.form(&self.context(caller, &draft.id), &draft.answers).await?;
        let mut card = checks::refuse(misfit, &draft, &form);
        if card.question.is_none() && card.buttons.is_empty() {
            card = card.button(help(Some(command.spec().name)));
        }
        draft.asked = true;
        self.drafts.keep(&draft, card.question.is_some().then_some(&caller.ask.room)).await?;
        Ok(Reply::new(card))
    }

    /// What a form that has acted shows when it is pressed again.
    fn outcome(&self, done: &Done) -> Reply {
        let shown = done.topic.clone().and_then(|topic| Some(((self.house.cards)(&topic)?, topic)));
        match shown {
            Some((card, topic)) => Reply::new(card).about(topic),
            None => Reply::new(Card::new(Tone::Plain, Line::new("desk-done-already"))),
        }
    }

    fn context<'a>(&'a self, caller: &'a Caller<'a>, draft: &'a DraftId) -> Context<'a> {
        Context { ask: caller.ask, account: &caller.account, draft, house: &self.house }
    }

    fn new_id(&self) -> DraftId {
        DraftId(self.house.dice.word(20))
    }
}
