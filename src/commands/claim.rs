//! `/claim`: a code that makes the first owner or admits this room; and for the owner, which rooms are served.
//!
//! Open to everybody everywhere: it is the way in. Not here: codes and what they open (`people`), nor who is turned
//! away (`gate`).

use super::explain::help;
use super::gate::unserved;
use super::{Command, Context, Trouble};
use crate::chat::{
    Answers, Audience, Block, Button, ButtonStyle, Card, Param, ParamKind, Place, Refusal, Reply, Role, Spec, Tone,
    Urge,
};
use crate::people::{Admission, Claim as Came, Rooms};
use crate::speech::{Line, units};
use async_trait::async_trait;

/// The command.
pub(super) struct Claim;

static SPEC: Spec = Spec {
    name: "claim",
    params: &[
        Param { name: "code", kind: ParamKind::Text, positional: true },
        Param { name: "room", kind: ParamKind::Inner, positional: false },
        Param { name: "act", kind: ParamKind::Inner, positional: false },
        Param { name: "sure", kind: ParamKind::Inner, positional: false },
    ],
    needs: Role::Member,
    place: Place::Anywhere,
    // What concerns a room is said in it: nothing of it is secret. Codes are made only where nobody else reads.
    answers: Audience::Room,
    open: true,
    acts: true,
};

#[async_trait]
impl Command for Claim {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let said = |name: &str| answers.get(name).map(String::as_str);
        if let Some(code) = said("code") {
            return code_said(cx, code).await;
        }
        // A button says which room it is about: it may stand in a private chat.
        let group = said("room").map(str::to_owned).or_else(|| Rooms::group(&cx.ask.room));
        let rooms = cx.house.people.rooms();
        match (cx.account.role, group) {
            (Role::Member, _) => nothing_to_claim(cx),
            (Role::Owner, None) => {
                let made = rooms.code(&cx.account.key).await?;
                let card = Card::new(Tone::Plain, Line::new("claim-code"))
                    .text(Line::new("claim-code-how"))
                    .block(Block::Code(format!("/claim {}", made.code)))
                    .text(Line::new("claim-code-until").with("at", units::day(made.expires)));
                Ok(Reply::private(card))
            }
            (Role::Owner, Some(group)) => match (said("act"), rooms.admission(&group)?) {
                (Some("admit"), None) => {
                    let admission = rooms.admit(&group, &cx.account.key).await?;
                    served(cx, &group, &admission)
                }
                (Some("stop"), Some(_)) if said("sure") == Some("yes") => {
                    rooms.dismiss(&group).await?;
                    Ok(Reply::new(not_served(Tone::Good, Line::new("claim-stopped"), &group)))
                }
                (Some("stop"), Some(_)) => Ok(Reply::new(sure(cx, &group))),
                (_, Some(admission)) => served(cx, &group, &admission),
                (_, None) => Ok(Reply::new(not_served(Tone::No, Line::new("desk-room-unknown"), &group))),
            },
        }
    }
}

/// Somebody says a code.
async fn code_said(cx: &Context<'_>, code: &str) -> Result<Reply, Trouble> {
    let people = &cx.house.people;
    let group = Rooms::group(&cx.ask.room);
    let came = people.claim(&cx.account.key, &cx.ask.room, code).await?;
    let why = match came {
        Came::Owner => {
            let card = Card::new(Tone::Good, Line::new("claim-owner")).text(Line::new("claim-owner-next"));
            let unserved = group.filter(|_| !cx.served);
            return Ok(Reply::new(unserved.iter().fold(card, |card, group| card.button(admit_button(group)))));
        }
        Came::Room => {
            let admission = group.as_deref().map(|group| people.rooms().admission(group)).transpose()?.flatten();
            return match group.zip(admission) {
                Some((group, admission)) => served(cx, &group, &admission),
                None => nothing_to_claim(cx),
            };
        }
        Came::Elsewhere => Line::new("claim-elsewhere"),
        Came::Spent => Line::new("claim-spent"),
        Came::Wrong { left } => Line::new("claim-wrong").with("left", left),
        Came::Needless => Line::new("claim-needless"),
        Came::TooMany => Line::new("claim-many"),
        Came::Closed => Line::new("claim-closed"),
    };
    Err(Refusal::new(Line::new("claim-no"), why).into())
}

/// What the button says that admits a group.
pub(super) fn admit_button(group: &str) -> Button {
    button("claim-admit", ButtonStyle::Primary, group, Some("admit"))
}

fn button(text: &str, style: ButtonStyle, group: &str, act: Option<&str>) -> Button {
    let room = ("room".to_owned(), group.to_owned());
    let act = act.map(|act| ("act".to_owned(), act.to_owned()));
    let answers = std::iter::once(room).chain(act).collect();
    Button::new(Line::new(text), style, Urge::Run { command: SPEC.name.to_owned(), answers })
}

/// A group that is served: for the owner with who admitted it, and how it is undone.
fn served(cx: &Context<'_>, group: &str, admission: &Admission) -> Result<Reply, Trouble> {
    let name = |key: &str| -> Result<String, Trouble> {
        Ok(cx.house.people.get(key)?.map_or_else(|| key.to_owned(), |account| account.name().to_owned()))
    };
    let by = Line::new("claim-by").with("name", name(&admission.by)?).with("at", units::day(admission.at));
    let card = Card::new(Tone::Good, Line::new("claim-served")).text(Line::new("claim-served-who"));
    let card = card.fact(Line::new("claim-admitted"), by);
    Ok(Reply::new(match (cx.account.role, &admission.code_of) {
        (Role::Member, _) => card.button(help(None)),
        (Role::Owner, code_of) => {
            let card = match code_of {
                Some(owner) => {
                    card.fact(Line::new("claim-code-of"), Line::new("claim-name").with("name", name(owner)?))
                }
                None => card,
            };
            card.button(help(None)).button(button("claim-stop", ButtonStyle::Danger, group, Some("stop")))
        }
    }))
}

/// A group that is not served, or no more, and the button that changes it.
fn not_served(tone: Tone, title: Line, group: &str) -> Card {
    Card::new(tone, title).text(Line::new("desk-room-unknown-why")).button(admit_button(group))
}

/// Asks once more. The yes is an answer to this very form: it is about this one no.
fn sure(cx: &Context<'_>, group: &str) -> Card {
    let answers = Answers::from([("sure".to_owned(), "yes".to_owned())]);
    let yes = Urge::Fill { draft: cx.draft.clone(), answers };
    Card::new(Tone::Warn, Line::new("claim-sure"))
        .text(Line::new("claim-sure-what"))
        .text(Line::new("claim-sure-nodes"))
        .button(Button::new(Line::new("claim-stop"), ButtonStyle::Danger, yes))
        .button(button("desk-leave", ButtonStyle::Plain, group, None))
}

/// For those who have no code: what it is for, and whom to ask.
fn nothing_to_claim(cx: &Context<'_>) -> Result<Reply, Trouble> {
    let card = if cx.served {
        Card::new(Tone::Plain, Line::new("claim-nothing"))
    } else {
        let (what, why) = unserved(&cx.ask.room);
        why.into_iter().fold(Card::new(Tone::No, what), Card::text)
    };
    let card = card.text(Line::new("claim-ask"));
    Ok(Reply::new(match cx.house.people.owner_code()? {
        Some(_) => card.text(Line::new("claim-ownerless")),
        None => card,
    }))
}
