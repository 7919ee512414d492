//! `/me`: who I am here. Twin, balance, allowance, language; and the one thing that one says about oneself: the
//! language. Not here: becoming the owner (`claim`).

use super::{Command, Context, Trouble};
use crate::chat::{Answers, Audience, Block, Card, Param, ParamKind, Place, Reply, Role, Spec, Tone};
use crate::grid::Tft;
use crate::grid::kyc::Standing;
use crate::people::{Account, TwinState, twin};
use crate::speech::{LANGUAGES, Line, units};
use async_trait::async_trait;

/// The command.
pub(super) struct Me;

static SPEC: Spec = Spec {
    name: "me",
    params: &[Param { name: "language", kind: ParamKind::OneOf(LANGUAGES), positional: false }],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Private,
    open: false,
    acts: false,
};

#[async_trait]
impl Command for Me {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let key = &cx.account.key;
        if let Some(language) = answers.get("language") {
            cx.house.people.set_language(key, Some(language.clone())).await?;
            return Ok(Reply::private(Card::new(
                Tone::Good,
                Line::new("me-language-set").with("language", called(language)),
            )));
        }
        let state = twin::state(&cx.house.grid, &cx.house.twins.of(cx.account)).await;
        if let Ok(TwinState { twin: Some(twin), .. }) = &state {
            cx.house.people.note_twin(key, *twin).await?;
        }
        let mut card = Card::new(Tone::Plain, title(cx.account));
        card = match &state {
            Ok(state) => with_twin(card, state, cx.house.twins.sponsored()),
            // What the house itself knows is told in any case.
            Err(error) => {
                tracing::info!(%error, "the chain did not say what it knows of somebody");
                card.text(Line::new("me-chain-silent"))
            }
        };
        let ledger = cx.house.people.ledger();
        let (used, allowed) = (ledger.usage(key)?, ledger.allowance(key));
        for (name, used, of) in [
            (Line::new("me-nodes"), used.nodes, allowed.nodes),
            (Line::new("me-vcpu"), used.vcpu, allowed.vcpu),
            (Line::new("me-memory"), used.memory_gb, allowed.memory_gb),
            (Line::new("me-disk"), used.disk_gb, allowed.disk_gb),
            (Line::new("me-month"), whole(used.tft_per_month), whole(allowed.tft_per_month)),
        ] {
            card = card.block(Block::Meter { name, used, of });
        }
        let voice = cx.house.voices.find(cx.account.language.as_deref().or(cx.ask.locale.as_deref()));
        card = card.fact(Line::new("me-language"), called(voice.language()));
        Ok(Reply::private(card))
    }
}

/// Whole TFT, rounded up.
fn whole(amount: Tft) -> u64 {
    amount.0.div_ceil(Tft::ONE)
}

fn title(account: &Account) -> Line {
    let name = account.name();
    match account.role {
        Role::Owner => Line::new("me-owner").with("name", name),
        Role::Member => Line::new("me-member").with("name", name),
    }
}

fn with_twin(card: Card, state: &TwinState, sponsored: bool) -> Card {
    let twin = match state.twin {
        Some(twin) => Line::new("me-twin-id").with("id", twin.to_string()),
        None => Line::new("me-twin-none"),
    };
    let checked = match &state.kyc {
        Ok(Standing::Verified) => Line::new("me-kyc-verified"),
        Ok(Standing::Unverified) => Line::new("me-kyc-unverified"),
        Ok(Standing::Rejected) => Line::new("me-kyc-rejected"),
        Ok(Standing::Pending) => Line::new("me-kyc-pending"),
        Err(_) => Line::new("me-kyc-silent"),
    };
    let card = if sponsored { card.text(Line::new("me-sponsored")) } else { card };
    card.fact(Line::new("me-twin"), twin)
        .fact(Line::new("me-balance"), units::tft(state.balance.spendable().as_f64()))
        .fact(Line::new("me-kyc"), checked)
        .text(Line::new("me-address"))
        .block(Block::Code(state.address.to_string()))
}

/// A language's own name.
fn called(language: &str) -> Line {
    match language {
        "en" => Line::new("me-language-en"),
        "fr" => Line::new("me-language-fr"),
        other => Line::new("me-language-other").with("tag", other),
    }
}
