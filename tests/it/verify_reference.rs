//! The recipe's probes against the sandbox's own reference node, which is known to be well.

use bellhop::clock::{Clock, Timestamp};
use bellhop::recipes::Catalogue;
use bellhop::sandbox::{Options, in_process};
use bellhop::verify::{Level, Place, Target, judge, observe};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_reference_node_agrees_with_the_others() {
    let clock = Clock::runtime(Timestamp::from_secs(1_800_000_000));
    let (_world, grid) = in_process(Options::new(1), clock.clone()).await.expect("a sandbox");
    let recipe = Catalogue::embedded().get("casper").expect("casper");
    let probes = &recipe.probe;
    let host = probes.setting(&grid.network.name).and_then(|setting| setting.witnesses.first()).cloned();
    let place = Place { ipv4: host, ..Place::default() };
    let target = Target { probes, grid: &grid.network.name, place: &place };
    let first = observe(grid.web.as_ref(), &clock, &target, None).await;
    assert_eq!(judge(&target, &first).level, Some(Level::Answering), "growth shows at the second look");
    tokio::time::sleep(Duration::from_secs(20)).await;
    let second = observe(grid.web.as_ref(), &clock, &target, Some(&first)).await;
    let verdict = judge(&target, &second);
    assert_eq!((verdict.level, verdict.trouble), (Some(Level::Agreed), None), "{verdict:?}");
}
