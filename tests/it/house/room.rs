//! A chat room in memory: a platform that posts, edits and remembers, for a story to look at.

use bellhop::chat::{
    Anchor, Answers, Ask, Audience, Block, Card, DraftId, Limits, Mark, Platform, PlatformError, PlatformName, Post,
    Rates, Tone, What,
};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The room.
pub struct Room {
    name: PlatformName,
    asks: (UnboundedSender<Ask>, tokio::sync::Mutex<UnboundedReceiver<Ask>>),
    settled: (UnboundedSender<bool>, tokio::sync::Mutex<UnboundedReceiver<bool>>),
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    cards: Vec<(Anchor, Audience, Card<String>)>,
    newest: usize,
    edits: usize,
    /// Everything that was ever shown.
    history: Vec<Card<String>>,
}

impl Default for Room {
    fn default() -> Self {
        Self::on(PlatformName::Terminal)
    }
}

impl Room {
    /// An empty room on that platform.
    pub fn on(name: PlatformName) -> Self {
        let (asks, asked) = unbounded_channel();
        let (settle, settled) = unbounded_channel();
        Self {
            name,
            asks: (asks, tokio::sync::Mutex::new(asked)),
            settled: (settle, tokio::sync::Mutex::new(settled)),
            shown: Mutex::default(),
        }
    }

    pub fn hear(&self, ask: Ask) {
        self.asks.0.send(ask).unwrap();
    }

    /// Waits until one more ask has come to rest.
    pub async fn settled(&self) -> bool {
        let mut settled = self.settled.1.lock().await;
        // Longer than anything that a story waits for; on a test clock it costs nothing.
        let wait = tokio::time::timeout(Duration::from_secs(24 * 3600), settled.recv());
        wait.await.expect("the ask never came to rest").unwrap()
    }

    pub fn newest(&self) -> Option<Card<String>> {
        let shown = self.shown.lock().unwrap();
        shown.cards.get(shown.newest).map(|(_, _, card)| card.clone())
    }

    /// Every card that was shown so far.
    pub fn history(&self) -> Vec<Card<String>> {
        self.shown.lock().unwrap().history.clone()
    }

    pub fn traffic(&self) -> (usize, usize) {
        let shown = self.shown.lock().unwrap();
        (shown.cards.len(), shown.edits)
    }

    /// The open form of the newest message.
    pub fn draft(&self) -> DraftId {
        self.newest().and_then(|card| card.question).expect("the newest message asks nothing").draft
    }

    /// What pressing the newest button (or choice) of that text says, and on which message it stands.
    pub fn find(&self, text: &str) -> (What, Anchor) {
        let shown = self.shown.lock().unwrap();
        for (anchor, _, card) in shown.cards.iter().rev() {
            if let Some(button) = card.buttons.iter().find(|button| button.text == text) {
                return (What::Press(button.press.clone().expect("a delivered button has its press")), anchor.clone());
            }
            let choices = card.question.iter().flat_map(|q| q.choices.iter().map(move |choice| (q, choice)));
            if let Some((question, choice)) =
                choices.into_iter().find(|(_, choice)| choice.text == text || choice.value == text)
            {
                let answers = Answers::from([(question.field.clone(), choice.value.clone())]);
                return (What::Fill { draft: question.draft.clone(), answers }, anchor.clone());
            }
        }
        let seen: Vec<_> = shown.cards.iter().map(|(_, _, card)| drawn(card)).collect();
        panic!("no button {text:?} in:\n{}", seen.join("\n\n"))
    }
}

#[async_trait::async_trait]
impl Platform for Room {
    fn name(&self) -> PlatformName {
        self.name
    }

    fn limits(&self) -> Limits {
        let pace = Duration::from_secs(2);
        Limits { rates: Rates::default(), free: None, pace, tick: None, lasting: true, quiet: false }
    }

    async fn receive(&self) -> Option<Ask> {
        self.asks.1.lock().await.recv().await
    }

    async fn acknowledge(&self, _: &Ask, _: Option<&Card<String>>) -> bool {
        false
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        let mut shown = self.shown.lock().unwrap();
        let message = shown.cards.len().to_string();
        let anchor = Anchor { platform: self.name, room: post.room.clone(), message };
        shown.newest = shown.cards.len();
        shown.cards.push((anchor.clone(), post.audience, checked(post.card)));
        shown.history.push(post.card.clone());
        Ok(anchor)
    }

    async fn edit(&self, anchor: &Anchor, card: &Card<String>, _: Option<&Ask>) -> Result<Anchor, PlatformError> {
        let mut shown = self.shown.lock().unwrap();
        shown.edits += 1;
        shown.history.push(card.clone());
        let at = anchor.message.parse::<usize>().unwrap();
        match shown.cards.get_mut(at) {
            Some(message) => message.2 = checked(card),
            None => return Err(PlatformError::Gone("no such message".to_owned())),
        }
        shown.newest = at;
        Ok(anchor.clone())
    }

    async fn settled(&self, _: &Ask, well: bool) {
        self.settled.0.send(well).unwrap();
    }
}

/// Every card that is seen is in words, and its buttons fit every platform.
fn checked(card: &Card<String>) -> Card<String> {
    let text = drawn(card);
    assert!(!text.contains("{$"), "a line lacks a value:\n{text}");
    for button in &card.buttons {
        let press = button.press.as_ref().expect("a delivered button has its press");
        assert!(button.urge.is_none() && press.id.len() <= 24, "{text}");
        assert!(button.text.chars().count() <= 80, "{text}");
    }
    assert!(text.chars().count() <= 4096, "{text}");
    card.clone()
}

/// A card as plain text.
pub fn drawn(card: &Card<String>) -> String {
    let mut lines = vec![format!("{}{}", tone(card.tone), card.title)];
    for block in &card.blocks {
        match block {
            Block::Text(text) => lines.push(format!("  {text}")),
            Block::Fact { name, value } => lines.push(format!("  {name}: {value}")),
            Block::Progress(steps) => {
                lines.extend(steps.iter().map(|(mark, text)| format!("  {} {text}", sign(*mark))))
            }
            Block::Code(text) => lines.push(format!("  `{text}`")),
            Block::Link { text, url } => lines.push(format!("  {text} <{url}>")),
            Block::Meter { name, used, of } => lines.push(format!("  {name}: {used} of {of}")),
        }
    }
    let choices =
        card.question.iter().flat_map(|question| &question.choices).map(|choice| format!("({})", choice.text));
    let ways: Vec<_> = choices.chain(card.buttons.iter().map(|button| format!("[{}]", button.text))).collect();
    if !ways.is_empty() {
        lines.push(format!("  {}", ways.join(" ")));
    }
    lines.join("\n")
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Busy => "◔ ",
        Tone::Good => "● ",
        Tone::No => "○ ",
        Tone::Warn => "▲ ",
    }
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Open => "·",
        Mark::Busy => "◔",
        Mark::Done => "✓",
        Mark::Failed => "✗",
    }
}
