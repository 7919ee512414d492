//! The program dies, at any point: no ask is lost, none is answered twice, none acts twice.

use super::hall::{FREE, Hall, Point, ada, admit, ask, said};
use super::{Count, Post, plain};
use crate::house::House;
use crate::house::sandbox::Stage;
use bellhop::app::App;
use bellhop::chat::{Platform, PlatformName};
use bellhop::delivery::Delivery;
use bellhop::platforms::converse;
use bellhop::store::{Change, Store, Table};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A platform that is served, until the program dies.
struct Life {
    delivery: Delivery,
    serving: JoinHandle<()>,
    running: JoinHandle<()>,
    store: Store,
}

impl Life {
    async fn begin(app: &App, hall: &Arc<Hall>) -> Self {
        admit(app).await;
        let delivery = Delivery::new(&app.house);
        let stop = CancellationToken::new();
        let serving = converse(hall.clone() as Arc<dyn Platform>, app.desk.clone(), delivery.clone(), stop.clone());
        Self {
            serving: tokio::spawn(serving),
            running: tokio::spawn(delivery.clone().run(stop)),
            delivery,
            store: app.house.store.clone(),
        }
    }

    async fn die(self) {
        self.serving.abort();
        self.running.abort();
        // Cancelled or ended, it is over.
        let _ = (self.serving.await, self.running.await);
        // What was on its way to the disk gets there before the next life, or never.
        const LAST: Table<u64, u64> = Table::new("last");
        self.store.commit(Change::new().put(LAST, &0, &0)).await.unwrap();
    }
}

/// The different messages that answered an ask, however often each was posted.
fn answers(hall: &Hall, id: &str) -> BTreeSet<String> {
    hall.seen().into_iter().filter(|seen| seen.ask.as_deref() == Some(id)).map(|seen| seen.nonce).collect()
}

#[tokio::test(start_paused = true)]
async fn at_every_step_of_answering() {
    let (house, hall) = (House::without_grid().await, Arc::new(Hall::new(FREE)));
    let mut unposted = 0;
    for step in 0..150 {
        let id = format!("ask-{step}");
        let life = Life::begin(&house.app, &hall).await;
        let line = if step % 2 == 0 { "/list" } else { "/deploy" };
        hall.hear(said(&id, "a", line));
        for _ in 0..step {
            tokio::task::yield_now().await;
        }
        life.die().await;
        // A platform repeats what it was not told to be safe.
        if !hall.accepted.lock().unwrap().contains(&id) {
            hall.hear(said(&id, "a", line));
        }
        unposted += usize::from(answers(&hall, &id).is_empty());
        let life = Life::begin(&house.app, &hall).await;
        hall.until(|_| !answers(&hall, &id).is_empty()).await;
        life.delivery.quiet(PlatformName::Telegram).await;
        life.die().await;
        assert_eq!(answers(&hall, &id).len(), 1, "step {step}: {:#?}", hall.seen());
    }
    assert!((10..140).contains(&unposted), "the steps fall before and after the post: {unposted}");
    // And all of it is over.
    let before = hall.seen().len();
    let life = Life::begin(&house.app, &hall).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    life.die().await;
    assert_eq!(hall.seen().len(), before);
}

#[tokio::test(start_paused = true)]
async fn around_a_deployment_that_is_made_once() {
    for (point, posts) in [(Point::Accepted, 1), (Point::BeforePost, 1), (Point::AfterPost, 2)] {
        let mut stage = Stage::small().await;
        let hall = Arc::new(Hall::new(FREE));
        hall.stand_still(Some(point));
        let life = Life::begin(&stage.house.app, &hall).await;
        let line = "/deploy casper name:first size:small terms:yes now:yes";
        hall.hear(said("once", "a", line));
        hall.stood().await;
        life.die().await;
        hall.stand_still(None);
        let life = Life::begin(&stage.house.app, &hall).await;
        hall.until(|seen| seen.iter().filter(|seen| seen.kind == "post").count() == posts).await;
        // The platform says it again, too.
        hall.hear(said("once", "a", line));
        let deployments = &stage.house.app.house.deployments;
        let account = stage.house.app.house.people.meet(&ada()).await.unwrap();
        stage.house.wait(Duration::from_secs(600)).await;
        assert_eq!(deployments.of(&account).len(), 1, "{point:?}");
        assert_eq!(stage.contracts().await.len(), 3, "{point:?}");
        assert_eq!(answers(&hall, "once").len(), 1, "{point:?}: {:#?}", hall.seen());
        hall.hear(said("end", "a", "/destroy first now:yes"));
        stage.house.wait(Duration::from_secs(120)).await;
        assert!(deployments.of(&account).is_empty(), "{point:?}: {:#?}", hall.seen());
        life.die().await;
        stage.house.now_speaks("nobody");
        stage.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_promised_is_said_after_a_restart_in_order_and_by_the_same_name() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    hall.stand_still(Some(Point::AfterPost));
    let _one = post.say(&ask("1", "a"), plain("one")).await;
    let _two = post.say(&ask("2", "a"), plain("two")).await;
    hall.stood().await;
    post.kill().await;
    hall.stand_still(None);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    assert_eq!(hall.told("a"), ["post one", "post one", "post two"]);
    let seen = hall.seen();
    assert_eq!(seen[0].nonce, seen[1].nonce, "the platform can know that it is the same");
    // Said and noted: never again.
    post.close().await;
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    assert_eq!(hall.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_ask_that_comes_again_is_acknowledged_and_answered_no_more() {
    let (house, hall) = (House::without_grid().await, Arc::new(Hall::new(FREE)));
    let life = Life::begin(&house.app, &hall).await;
    // At once, later, and after a restart.
    hall.hear(ask("1", "a"));
    hall.hear(ask("1", "a"));
    hall.until_settled(2).await;
    hall.hear(ask("1", "a"));
    hall.until_settled(3).await;
    life.die().await;
    let life = Life::begin(&house.app, &hall).await;
    hall.hear(ask("1", "a"));
    hall.until_settled(4).await;
    assert_eq!((hall.acknowledged.lock().unwrap().len(), hall.seen().len()), (4, 1));
    // What has no id cannot be known again.
    hall.hear(ask("", "a"));
    hall.hear(ask("", "a"));
    hall.until_settled(6).await;
    assert_eq!(hall.seen().len(), 3);
    // For two days it is remembered, and then forgotten.
    tokio::time::sleep(Duration::from_secs(73 * 3600)).await;
    hall.hear(ask("1", "a"));
    hall.until_settled(7).await;
    assert_eq!(hall.seen().len(), 4);
    life.die().await;
}

#[tokio::test(start_paused = true)]
async fn an_ask_of_more_than_a_day_ago_is_not_answered_any_more() {
    let (house, hall) = (House::without_grid().await, Arc::new(Hall::new(FREE)));
    for (id, hours) in [("late", 25), ("soon", 23)] {
        hall.stand_still(Some(Point::Accepted));
        let life = Life::begin(&house.app, &hall).await;
        hall.hear(ask(id, "a"));
        hall.stood().await;
        life.die().await;
        hall.stand_still(None);
        tokio::time::sleep(Duration::from_secs(hours * 3600)).await;
        let life = Life::begin(&house.app, &hall).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        life.die().await;
    }
    let answered: Vec<_> = hall.seen().into_iter().filter_map(|seen| seen.ask).collect();
    assert_eq!(answered, ["soon"]);
}

/// Whether a text is anywhere in the files of a folder.
fn is_written(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_written(&path, text);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_told_is_never_on_disk() {
    const PHRASE: &str = "abandon ability able about above absent absorb abstract absurd abuse access accident";
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let house = House::without_grid_but(store).await;
    let hall = Arc::new(Hall::new(FREE));
    hall.stand_still(Some(Point::BeforePost));
    let life = Life::begin(&house.app, &hall).await;
    hall.hear(said("1", "a", PHRASE));
    hall.stood().await;
    hall.hear(said("2", "b", "/deploy zebra"));
    hall.stood().await;
    assert!(is_written(folder.path(), "/deploy zebra"), "an ask that waits is on disk");
    assert!(!is_written(folder.path(), "absurd abuse"), "a secret is not");
    life.die().await;
    // The warning was promised all the same.
    hall.stand_still(None);
    let life = Life::begin(&house.app, &hall).await;
    hall.until(|seen| seen.len() == 2).await;
    hall.hear(said("1", "a", PHRASE));
    hall.until_settled(1).await;
    assert_eq!(hall.seen().len(), 2, "and is not said twice");
    life.die().await;
    assert!(!is_written(folder.path(), "absurd abuse"));
}

#[tokio::test(start_paused = true)]
async fn what_others_say_to_each_other_costs_nothing_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::without_grid_but(Store::open(folder.path()).unwrap()).await;
    let hall = Arc::new(Hall::new(FREE));
    let life = Life::begin(&house.app, &hall).await;
    let mut overheard = said("1", "a", "");
    overheard.what = bellhop::chat::What::Overheard("how was your weekend".to_owned());
    hall.hear(overheard);
    hall.until_settled(1).await;
    assert!(hall.seen().is_empty() && hall.acknowledged.lock().unwrap().is_empty());
    assert!(!is_written(folder.path(), "weekend"));
    life.die().await;
}
