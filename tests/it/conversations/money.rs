//! Who pays, and what happens when the money does not come, comes late, or runs out.

use crate::house::Purse;
use crate::house::sandbox::Stage;
use bellhop::grid::{Batch, Call, ContractId, GridResult, Identity, Request, Response, Tft, Tx, Web};
use bellhop::sandbox::fault::{Effect, Face};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const FIRST: &str = "/deploy vm name:first terms:yes now:yes";

/// The richest account of a sandbox.
fn operator() -> Identity {
    Identity::from_uri("//Bellhop//faucet").unwrap()
}

fn treasury() -> Purse {
    Purse { treasury: Some(operator()), ..Purse::default() }
}

async fn small(purse: Purse) -> Stage {
    Stage::paid(purse, |grid| grid).await
}

/// The key of the person who speaks in the stories.
async fn ada(stage: &Stage) -> Identity {
    let house = &stage.house.app.house;
    house.twins.of(&house.people.meet(&crate::house::person("ada")).await.unwrap())
}

async fn holds(stage: &Stage, who: &Identity) -> u64 {
    stage.house.app.house.grid.chain.balance(&who.account()).await.unwrap().spendable().0
}

async fn send(stage: &Stage, who: &Identity, call: Call) {
    let chain = &stage.house.app.house.grid.chain;
    let prepared = chain.prepare(who, &Tx { calls: vec![call], batch: Batch::All }).await.unwrap();
    chain.send(&prepared).await.unwrap();
}

/// All that she has goes elsewhere, but for less than a fee.
async fn spend_all(stage: &Stage) {
    let ada = ada(stage).await;
    let amount = Tft(holds(stage, &ada).await - 20_000);
    send(stage, &ada, Call::Transfer { to: Identity::from_uri("//Bob").unwrap().account(), amount }).await;
}

async fn ends_well(mut stage: Stage, seen: &str) {
    assert!(seen.starts_with("● first runs"), "{seen}");
    assert!(stage.say("/destroy first now:yes").await.starts_with("first is gone"));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn killed_while_the_treasury_pays_it_pays_once() {
    let mut once = None;
    // The first is not killed until it runs: what it paid is what each should.
    for seconds in [600, 1, 4] {
        let mut stage = small(treasury()).await;
        let before = holds(&stage, &operator()).await;
        stage.say("/deploy vm name:first").await;
        let (press, anchor) = stage.house.find("Accept the terms and deploy");
        stage.house.send(press, Some(anchor));
        stage.house.wait(Duration::from_secs(seconds)).await;
        let mut stage = stage.restart_paid(treasury()).await;
        let seen = stage.say("/show first").await;
        let paid = before - holds(&stage, &operator()).await;
        let once = *once.get_or_insert(paid);
        assert!(once > 0 && paid < once + once / 2, "killed after {seconds} s: paid {paid}, usually {once}");
        ends_well(stage, &seen).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_paid_for_it_takes_it_down_though_a_sponsor_pays_by_now() {
    let mut stage = Stage::small().await;
    stage.say(FIRST).await;
    let mut stage = stage.restart_paid(Purse { sponsor: Some(operator()), ..Purse::default() }).await;
    let seen = stage.say("/show first").await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_treasury_pays_the_fee_of_taking_down() {
    let mut stage = small(treasury()).await;
    let seen = stage.say(FIRST).await;
    spend_all(&stage).await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn without_money_for_the_fee_the_person_is_told_where_to_send_it() {
    let mut stage = Stage::small().await;
    stage.say(FIRST).await;
    spend_all(&stage).await;
    let ada = ada(&stage).await;
    stage.say("/destroy first").await;
    let (press, anchor) = stage.house.find("Take it down");
    stage.house.send(press, Some(anchor));
    stage.house.wait(Duration::from_secs(60)).await;
    let seen = stage.house.see();
    assert!(seen.contains(&ada.account().to_string()) && seen.contains("fees"), "{seen}");
    send(&stage, &operator(), Call::Transfer { to: ada.account(), amount: Tft(Tft::ONE) }).await;
    stage.house.settled().await;
    assert!(stage.house.see().starts_with("first is gone"), "{}", stage.house.see());
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_contract_that_was_cancelled_by_hand_is_no_hindrance() {
    let mut stage = Stage::small().await;
    let seen = stage.say("/deploy casper name:first terms:yes now:yes").await;
    let ada = ada(&stage).await;
    let ids: Vec<ContractId> = stage.contracts().await;
    send(&stage, &ada, Call::Cancel { contract: ids[0] }).await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_activation_service_says_yes_and_nothing_comes() {
    for (times, well) in [(Some(1), true), (None, false)] {
        let mut stage = Stage::small().await;
        stage.fault(Face::Activation, "", None, Effect::Lie(serde_json::Value::Null), times);
        let seen = stage.say(FIRST).await;
        if well {
            ends_well(stage, &seen).await;
        } else {
            assert!(seen.starts_with("○ first was not started"), "{seen}");
            stage.close().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_identity_check_is_away_after_the_order_was_taken() {
    let mut stage = Stage::small().await;
    // One look for the quote, then the reservation's own.
    stage.fault(Face::Kyc, "", None, Effect::Delay(1), Some(1));
    stage.fault(Face::Kyc, "", None, Effect::Error("database is away".into()), Some(3));
    let seen = stage.say(FIRST).await;
    ends_well(stage, &seen).await;
}

/// Every time that they are read, the terms read differently; other pages are as they are.
struct Rewording(Arc<dyn Web>, AtomicUsize);

#[async_trait::async_trait]
impl Web for Rewording {
    async fn send(&self, request: Request) -> GridResult<Response> {
        let terms = request.url.ends_with("/terms");
        let mut response = self.0.send(request).await?;
        // Read once for the plan, then anew.
        if terms && self.1.fetch_add(1, Ordering::Relaxed) > 0 {
            response.body = b"You shall also wash the car.".to_vec();
        }
        Ok(response)
    }

    async fn dial(&self, to: &str, within: Duration) -> GridResult<()> {
        self.0.dial(to, within).await
    }
}

#[tokio::test(start_paused = true)]
async fn terms_that_changed_after_the_plan_are_shown_again() {
    let reword = |mut grid: bellhop::grid::Grid| {
        grid.web = Arc::new(Rewording(grid.web, AtomicUsize::new(0)));
        grid
    };
    let mut stage = Stage::paid(Purse::default(), reword).await;
    stage.say("/deploy vm name:first").await;
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(seen.starts_with("▲ Ready to start") && seen.contains("Something changed since you looked"), "{seen}");
    assert!(stage.contracts().await.is_empty());
    let seen = stage.press("Accept the terms and deploy").await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn a_price_that_rose_after_the_plan_is_shown_again() {
    let mut stage = Stage::small().await;
    let seen = stage.say("/deploy vm name:first terms:yes now:yes seen:1000/").await;
    assert!(seen.starts_with("▲ Ready to start"), "{seen}");
    assert!(stage.contracts().await.is_empty());
    let seen = stage.press("Accept the terms and deploy").await;
    ends_well(stage, &seen).await;
}
