//! The same conversation through three doors: what people read and can press is equal on all of them, word for word,
//! once times and chance are taken out. What stands there is also exactly what the card says. Not here: whether a card
//! says the right thing (`conversations`), and each platform's own habits (`discord_story`, `telegram_story`).

use super::talk::{Door, View, Where, doors, same};
use bellhop::chat::{Block, Card, Mark, PlatformName};
use bellhop::speech::{Line, Voices};
use futures_util::future::join_all;
use std::time::Duration;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE57hgZB2A5FUnODTCoImZBgr5K+xtQT/uxlocQ4eoHs ada";
const ADA: usize = 0;
const BOB: usize = 1;

/// What somebody does.
#[derive(Clone, Copy)]
enum Step {
    Say(usize, &'static str),
    /// Presses the button with these words (their id, or themselves) under what they were answered last.
    Press(usize, &'static str),
    /// Chooses this value.
    Choose(usize, &'static str),
    /// Presses that button, and answers the texts that it asks for.
    Fill(usize, &'static str, &'static [(&'static str, &'static str)]),
    /// Says it until the node is proven as far as it can be.
    Prove(usize, &'static str),
    /// The first presses a control of the second's.
    Meddle(usize, usize),
}
use Step::{Choose, Fill, Meddle, Press, Prove, Say};

/// Three doors and the language that is read there.
struct Three {
    doors: [Box<dyn Door>; 3],
    locale: &'static str,
    voices: Voices,
}

impl Three {
    async fn open(place: Where, locale: &'static str) -> Self {
        Self { doors: doors(place, locale).await, locale, voices: Voices::load() }
    }

    fn words(&self, id: &str) -> String {
        let voice = self.voices.find([self.locale]);
        if voice.own(id).is_some() { voice.say(&Line::new(id)) } else { id.to_owned() }
    }

    /// Which of the controls of `card` that is.
    fn at(&self, card: &Card<String>, step: Step) -> usize {
        let choices: Vec<_> = card.question.iter().flat_map(|question| &question.choices).collect();
        let found = match step {
            Choose(_, value) => choices.iter().position(|choice| choice.value == value),
            Press(_, id) | Fill(_, id, _) => {
                let words = self.words(id);
                let at = card.buttons.iter().position(|button| button.text == words);
                at.map(|at| at + choices.len())
            }
            Say(..) | Prove(..) | Meddle(..) => Some(0),
        };
        found.unwrap_or_else(|| panic!("it is not under {:#?}", View::of(card)))
    }

    /// Everybody does it, everywhere, and sees the same.
    async fn run(&mut self, script: &[Step]) {
        for step in script {
            self.step(*step).await;
        }
    }

    async fn step(&mut self, step: Step) -> View {
        let (Say(who, _) | Prove(who, _) | Press(who, _) | Choose(who, _) | Fill(who, ..) | Meddle(who, _)) = step;
        let told = match step {
            Say(_, line) | Prove(_, line) => line.to_owned(),
            Press(_, id) | Choose(_, id) | Fill(_, id, _) => self.words(id),
            Meddle(..) => "a press of somebody else's button".to_owned(),
        };
        let whose = if let Meddle(_, whose) = step { whose } else { who };
        let at = match step {
            Say(..) | Prove(..) => 0,
            _ => self.at(&self.doors[0].card(whose), step),
        };
        join_all(self.doors.iter_mut().map(async |door| match step {
            Say(who, line) => door.say(who, line).await,
            Prove(who, line) => prove(door.as_mut(), who, line).await,
            Press(who, _) | Choose(who, _) => door.press(who, who, at).await,
            Fill(who, _, answers) => door.fill(who, at, answers).await,
            Meddle(who, whose) => door.press(who, whose, at).await,
        }))
        .await;
        if let Meddle(..) = step {
            let refused: Vec<String> = self.doors.iter_mut().map(|door| door.refused()).collect();
            same(&told, &refused);
            return View { text: refused[0].clone(), labels: Vec::new() };
        }
        let views = self.doors.iter().map(|door| {
            let (view, card) = (door.see(who), door.card(who));
            assert_eq!(view, View::of(&card), "{told}: what is seen at {:?} is what the card says", door.name());
            view
        });
        let views: Vec<View> = views.collect();
        same(&told, &views.iter().map(|view| compared(step, view)).collect::<Vec<_>>());
        views.into_iter().next().unwrap()
    }

    async fn close(self) {
        join_all(self.doors.into_iter().map(Door::close)).await;
    }
}

/// Asks until nothing of it is open any more.
async fn prove(door: &mut dyn Door, who: usize, line: &str) {
    let proven = async {
        loop {
            door.say(who, line).await;
            let open = |block: &Block<String>| matches!(block, Block::Progress(steps) if steps.iter().any(|(mark, _)| *mark == Mark::Busy));
            if !door.card(who).blocks.iter().any(open) {
                break;
            }
            // A node takes some time to follow its network.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), proven).await.expect("it was never proven");
}

/// What is compared of a view: all of it, but for times and chance where it has some.
fn compared(step: Step, view: &View) -> View {
    match step {
        // How far a node that just answers is proven is a matter of time too.
        Press(_, "order-accept-and-start") => {
            let first = view.text.lines().next().unwrap_or_default().to_owned();
            steady(&View { text: first, labels: view.labels.clone() })
        }
        Prove(..) | Press(_, "destroy-yes") => steady(view),
        Say(_, line) if line.contains("now:yes") || line.starts_with("/show") || line.starts_with("/me") => {
            steady(view)
        }
        _ => view.clone(),
    }
}

/// A view without times and chance: every word with a digit.
fn steady(view: &View) -> View {
    let lines = view.text.lines().map(|line| {
        let words = line.split(' ').map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    View { text: lines.collect::<Vec<_>>().join("\n"), labels: view.labels.clone() }
}

const WIZARD: &[Step] = &[
    Say(ADA, "/deploy"),
    Choose(ADA, "casper"),
    Press(ADA, "order-change-size"),
    Choose(ADA, "medium"),
    Press(ADA, "order-change-region"),
    Choose(ADA, "europe"),
    Fill(ADA, "order-change-name", &[("name", "orchid"), ("ssh_key", KEY)]),
    Press(ADA, "order-accept-and-start"),
    Say(ADA, "/list"),
    Prove(ADA, "/verify orchid"),
    Say(ADA, "/show orchid"),
    Say(ADA, "/destroy orchid"),
    Press(ADA, "destroy-yes"),
    Say(ADA, "/list"),
];

const ONE_LINE: &[Step] = &[
    Say(ADA, "/help"),
    Say(ADA, "/help deploy"),
    Say(ADA, "/recipes"),
    Say(ADA, "/deploy vm name:fern size:small terms:yes now:yes"),
    Say(ADA, "/me"),
    Say(ADA, "/destroy fern now:yes"),
];

const REFUSALS: &[Step] = &[
    Say(ADA, "/deploy casper size:smal"),
    Say(ADA, "/deploy caspr"),
    Say(ADA, "/deploy casper size:huge"),
    Say(ADA, "/deploy casper name:1st size:small"),
    Say(ADA, "/show nothing"),
    Say(ADA, "/recipes"),
    Meddle(BOB, ADA),
    Say(ADA, "/help"),
];

async fn main_job(locale: &'static str) {
    let mut three = Three::open(Where::Private, locale).await;
    three.run(WIZARD).await;
    three.run(ONE_LINE).await;
    three.close().await;
}

#[tokio::test]
async fn the_main_job_reads_the_same_on_all_platforms() {
    main_job("en").await;
}

#[tokio::test]
async fn it_does_so_in_french() {
    main_job("fr").await;
}

#[tokio::test]
async fn it_does_so_in_a_language_that_is_longer() {
    main_job("qps").await;
}

#[tokio::test]
async fn refusals_read_the_same_in_shared_rooms() {
    for locale in ["en", "fr"] {
        let mut three = Three::open(Where::Shared, locale).await;
        three.run(REFUSALS).await;
        // Discord's client offers no command that there is not.
        let lines = ["/dpeloy casper", "/deploy casper sise:small", "/deploy name:\"x"];
        for line in lines {
            let mut seen = Vec::new();
            for door in three.doors.iter_mut().filter(|door| door.name() != PlatformName::Discord) {
                door.say(ADA, line).await;
                seen.push(door.see(ADA));
            }
            same(line, &seen);
        }
        three.close().await;
    }
}

/// Two people ask at once in one room; each button belongs to its own.
const TWO: &[Step] = &[
    Say(ADA, "/deploy"),
    Say(BOB, "/deploy region:europe"),
    Choose(ADA, "casper"),
    Meddle(BOB, ADA),
    Choose(BOB, "vm"),
    Press(ADA, "order-change-size"),
    Press(BOB, "order-change-size"),
    Choose(ADA, "medium"),
    Choose(BOB, "large"),
    Meddle(ADA, BOB),
    Press(BOB, "order-accept-and-start"),
    Press(ADA, "order-accept-and-start"),
    Say(ADA, "/list"),
    Say(BOB, "/list"),
    Say(BOB, "/destroy vm now:yes"),
    Say(ADA, "/destroy casper now:yes"),
];

#[tokio::test]
async fn two_wizards_in_one_room_do_not_mix() {
    for (place, locale) in [(Where::Shared, "en"), (Where::Topic, "fr")] {
        let mut three = Three::open(place, locale).await;
        for step in TWO {
            let view = three.step(*step).await;
            match step {
                Choose(ADA, _) => assert!(view.text.contains("Casper") && !view.text.contains("vm"), "{view:?}"),
                Choose(BOB, _) => assert!(view.text.contains("vm") && !view.text.contains("Casper"), "{view:?}"),
                _ => {}
            }
        }
        three.close().await;
    }
}
