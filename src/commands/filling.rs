//! How a form is filled and run: answers are taken, what is missing is asked, and what is complete is done, once.
//!
//! The same for every command. Not here: what a line or a button means (`desk`), and what a command does.

use super::checks::{self, Misfit};
use super::desk::Desk;
use super::drafts::PATIENCE;
use super::explain::{foreign, help};
use super::gate::Caller;
use super::{Command, Context, Trouble, one_liner};
use crate::chat::{
    Answers, Block, Button, ButtonStyle, Card, Done, Draft, DraftId, Form, Place, Refusal, Reply, Tone, Urge,
};
use crate::speech::Line;

/// One step in an open form.
pub(super) enum Step {
    /// Answers.
    Answers(Answers),
    /// Fields to be asked again.
    Reopen(Vec<String>),
    /// Another page of the choices.
    Page(usize),
}

impl Desk {
    /// Answers to an open form, or one of its fields asked again.
    pub(super) async fn fill(&self, caller: &Caller<'_>, id: &DraftId, step: Step) -> Result<Reply, Trouble> {
        let _lane = self.lanes.enter(id).await;
        let Some(mut draft) = self.drafts.get(id)? else {
            return Err(Refusal::new(Line::new("desk-form-gone"), Line::new("desk-form-gone-why")).into());
        };
        if self.house.people.meet(&draft.person).await?.key != caller.account.key {
            return Ok(foreign(&draft.person.name));
        }
        let command = caller.command(&draft.command)?;
        let now = self.house.clock.now();
        let mut page = 0;
        if draft.done.is_none() && draft.expires <= now {
            let urge = Urge::Run { command: draft.command, answers: draft.answers };
            let again = Button::new(Line::new("desk-start-again"), ButtonStyle::Primary, urge);
            return Err(Refusal::new(Line::new("desk-expired"), Line::new("desk-expired-why")).way(again).into());
        }
        if draft.done.is_none() {
            draft.expires = now.plus(PATIENCE);
            match step {
                Step::Answers(answers) => {
                    if let Err(misfit) = checks::take(command.spec(), &mut draft, answers) {
                        return self.misfit(caller, command, draft, misfit).await;
                    }
                }
                Step::Reopen(fields) => {
                    draft.reopened.retain(|field| !fields.contains(field));
                    draft.reopened.extend(fields);
                }
                Step::Page(wanted) => page = wanted,
            }
        }
        let mut reply = self.go_on(caller, command, draft).await?;
        if let Some(question) = &mut reply.card.question {
            question.page = page;
        }
        Ok(reply)
    }

    /// A new form of a command.
    pub(super) async fn begin(
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
    pub(super) async fn go_on(
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
        if let Some(card) = checks::ask(&form, &draft) {
            draft.asked = true;
            self.drafts.keep(&draft, Some(&caller.ask.room)).await?;
            return Ok(Reply::new(card));
        }
        let mut answers = draft.answers.clone();
        for field in &form.fields {
            if let Some(default) = &field.default {
                answers.entry(field.name.to_owned()).or_insert_with(|| default.clone());
            }
        }
        self.run(&cx, command, draft, &form, &answers).await
    }

    async fn run(
        &self,
        cx: &Context<'_>,
        command: &'static dyn Command,
        mut draft: Draft,
        form: &Form,
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
        checks::note_texts(&mut reply.card, form, &draft);
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
}
