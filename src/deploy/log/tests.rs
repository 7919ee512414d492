//! Histories, drawn at random: whatever fails, whenever it is turned or killed, each has an end with nothing left.

use super::*;
use crate::deploy::event::FailureKind;
use crate::deploy::plan::{Host, Order, PartPlan};
use crate::grid::{AccountId, ContractId, FarmId, NodeId, Tft};
use crate::people::Amounts;
use crate::recipes::{Catalogue, Values};
use proptest::prelude::*;

fn plan(parts: usize) -> Plan {
    let recipe = Catalogue::embedded().get("vm").unwrap();
    let filled = recipe.fill(recipe.default_size().unwrap(), &Values::default());
    Plan {
        id: "k4m7qd".to_owned(),
        owner: "terminal|ann".to_owned(),
        payer: AccountId([7; 32]),
        grid: "sandbox".to_owned(),
        order: Order {
            name: "box".into(),
            recipe: "vm".into(),
            size: "small".into(),
            region: None,
            node: None,
            ssh_key: None,
        },
        terms: None,
        want: Amounts::default(),
        hourly: Tft(1),
        parts: (0..parts).map(|_| PartPlan { filled: filled.clone(), gateway: None, first: None }).collect(),
    }
}

fn site(node: u32) -> Site {
    let host = Host {
        node: NodeId(node),
        twin: TwinId(node),
        farm: FarmId(1),
        farm_name: String::new(),
        city: String::new(),
        country: String::new(),
        light: false,
        port: 2000,
        endpoint: String::new(),
    };
    Site { attempt: 0, machine: host, gateway: None, octet: 7, fitting: 1, answered_ms: 1 }
}

fn verdict(level: Level) -> Verdict {
    Verdict { at: Timestamp(0), level: Some(level), trouble: None, because: None, evidence: Vec::new() }
}

/// What a driver would write down for `todo`, given a roll of the dice.
fn events(todo: &Todo, roll: u8) -> Vec<Event> {
    let failure = || Failure { kind: FailureKind::Workload, node: Some(NodeId(roll.into())), text: String::new() };
    match *todo {
        Todo::Make(step, part) => {
            let mut events = vec![Event::Began { step, part, until: Some(u32::from(roll)) }];
            if roll.is_multiple_of(5) && step != Step::Reserve && step != Step::Place {
                events.push(Event::Failed { step, part, why: failure() });
                return events;
            }
            if roll.is_multiple_of(11) {
                // Killed before it was known what came of it.
                return events;
            }
            let outcome = match step {
                Step::Reserve => Outcome::Reserved { twin: TwinId(9) },
                Step::Place => Outcome::Placed(Box::new(site(roll.into()))),
                Step::Contract => Outcome::Contracted(Contracts { machine: ContractId(1), gateway: None, name: None }),
                Step::Launch => Outcome::Launched(Addresses::default()),
                Step::Prove => Outcome::Proved(verdict(Level::Booted)),
            };
            events.push(Event::Did { step, part, outcome });
            events
        }
        Todo::Undo(step, part) => vec![Event::Undid { step, part }],
        Todo::Turn(_) => vec![Event::Turned(Why::GaveUp(failure()))],
        Todo::Follow(part) => vec![Event::Saw { part, verdict: verdict(Level::Agreed) }],
        Todo::Close => vec![Event::Closed],
    }
}

proptest! {
    #[test]
    fn every_history_ends_with_nothing_left(
        rolls in proptest::collection::vec(any::<u8>(), 400),
        parts in 1..4usize,
        turn_at in 0..60usize,
    ) {
        let mut entries = vec![Stamped { at: Timestamp(0), event: Event::Ordered(Box::new(plan(parts))) }];
        let mut log = Log::begin(plan(parts), Timestamp(0));
        for (turn, roll) in rolls.into_iter().enumerate() {
            let at = Timestamp(turn as u64 * 1000);
            let todos = log.next(at);
            let Some(todo) = todos.get(usize::from(roll) % todos.len().max(1)) else { break };
            let mut happened = events(todo, roll);
            if turn == turn_at && log.turned.is_none() {
                happened = vec![Event::Turned(Why::Person)];
            }
            for event in happened {
                let entry = Stamped { at, event };
                log.record(&entry).unwrap();
                entries.push(entry);
            }
            // A restart at this very moment reads the same state.
            prop_assert_eq!(&Log::replay(entries.clone()).unwrap(), &log);
        }
        match log.stage() {
            Stage::Gone => prop_assert!(log.parts.iter().all(|part| !part.contract.touched())),
            Stage::Running => prop_assert!(log.next(Timestamp(u64::MAX)).is_empty()),
            other => prop_assert!(false, "it did not come to rest: {:?}", other),
        }
    }
}

fn at(secs: u64, event: Event) -> Stamped<Event> {
    Stamped { at: Timestamp::from_secs(secs), event }
}

#[test]
fn impossible_histories_are_refused_and_change_nothing() {
    let mut log = Log::begin(plan(1), Timestamp(0));
    let did = |step, outcome| Event::Did { step, part: 0, outcome };
    let too_early = [
        did(Step::Contract, Outcome::Contracted(Contracts { machine: ContractId(1), gateway: None, name: None })),
        did(Step::Launch, Outcome::Launched(Addresses::default())),
        Event::Began { step: Step::Contract, part: 0, until: None },
        Event::Began { step: Step::Place, part: 7, until: None },
        Event::Ordered(Box::new(plan(1))),
        Event::Closed,
    ];
    let before = log.clone();
    for event in too_early {
        assert!(log.record(&at(1, event.clone())).is_err(), "{event:?}");
        assert_eq!(log, before);
    }
    assert!(Log::replay([at(1, Event::Closed)]).is_err());
    log.record(&at(1, Event::Turned(Why::Person))).unwrap();
    assert!(log.record(&at(2, Event::Turned(Why::Person))).is_err());
    log.record(&at(2, Event::Closed)).unwrap();
    assert!(log.record(&at(3, Event::Turned(Why::Person))).is_err(), "nothing follows the end");
}

#[test]
fn a_failed_part_is_cleared_away_before_it_is_placed_anew_and_given_up_after_three_moves() {
    let mut log = Log::begin(plan(1), Timestamp(0));
    let now = Timestamp(0);
    log.record(&at(1, Event::Did { step: Step::Reserve, part: 0, outcome: Outcome::Reserved { twin: TwinId(9) } }))
        .unwrap();
    let contracts = || Outcome::Contracted(Contracts { machine: ContractId(1), gateway: None, name: None });
    for attempt in 0..=MOVES {
        assert_eq!(log.next(now), [Todo::Make(Step::Place, 0)]);
        let placed = Outcome::Placed(Box::new(site(attempt as u32)));
        log.record(&at(2, Event::Did { step: Step::Place, part: 0, outcome: placed })).unwrap();
        assert_eq!(log.parts[0].moves.len(), attempt);
        log.record(&at(3, Event::Began { step: Step::Contract, part: 0, until: Some(8) })).unwrap();
        log.record(&at(3, Event::Did { step: Step::Contract, part: 0, outcome: contracts() })).unwrap();
        let why = Failure { kind: FailureKind::Workload, node: Some(NodeId(1)), text: "no disk".into() };
        log.record(&at(4, Event::Failed { step: Step::Launch, part: 0, why })).unwrap();
        assert_eq!(log.next(now), [Todo::Undo(Step::Contract, 0)], "it bills until it is cancelled");
        log.record(&at(5, Event::Undid { step: Step::Contract, part: 0 })).unwrap();
    }
    assert_eq!(log.next(now), [Todo::Turn(0)]);
}
