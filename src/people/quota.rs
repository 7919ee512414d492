//! The ledger: how much each person may use at a time, and uses.
//!
//! A deployment reserves before anything is spent, commits when it is paid for, and releases when nothing is
//! left of it. Each of them may be repeated. The ledger is in the store and nowhere else, so that a restart
//! changes nothing. Not here: what a deployment costs (`grid::price`).

use crate::chat::{Button, ButtonStyle, Refusal, Urge};
use crate::clock::{Clock, Timestamp};
use crate::grid::Tft;
use crate::grid::price::MONTH;
use crate::speech::Line;
use crate::store::{Change, Store, StoreResult, Table};
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Mutex;

/// By account key and deployment id.
const ENTRIES: Table<(String, String), Entry> = Table::new("quota");

/// How much one person may use at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allowance {
    /// Machines.
    pub nodes: u64,
    /// Virtual CPUs.
    pub vcpu: u64,
    /// Memory, GB.
    pub memory_gb: u64,
    /// Disks and root filesystems, GB.
    pub disk_gb: u64,
    /// What they may cost in 30 days, whole TFT.
    pub tft_per_month: u64,
}

impl Default for Allowance {
    /// Five small Casper nodes (about 820 TFT a month each while a TFT is worth 0.05 USD), or two medium ones.
    fn default() -> Self {
        Self { nodes: 5, vcpu: 20, memory_gb: 80, disk_gb: 2600, tft_per_month: 5000 }
    }
}

impl From<Allowance> for Amounts {
    fn from(allowance: Allowance) -> Self {
        let Allowance { nodes, vcpu, memory_gb, disk_gb, tft_per_month } = allowance;
        Self { nodes, vcpu, memory_gb, disk_gb, tft_per_month: Tft(tft_per_month.saturating_mul(Tft::ONE)) }
    }
}

/// What is wanted, or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// Machines.
    pub nodes: u64,
    /// Virtual CPUs.
    pub vcpu: u64,
    /// Memory, GB.
    pub memory_gb: u64,
    /// Disks and root filesystems, GB, rounded up.
    pub disk_gb: u64,
    /// The estimate for 30 days.
    pub tft_per_month: Tft,
}

impl Amounts {
    fn each(&self) -> [(Which, u64); 5] {
        [
            (Which::Nodes, self.nodes),
            (Which::Vcpu, self.vcpu),
            (Which::Memory, self.memory_gb),
            (Which::Disk, self.disk_gb),
            (Which::Tft, self.tft_per_month.0),
        ]
    }

    fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            vcpu: self.vcpu.saturating_add(other.vcpu),
            memory_gb: self.memory_gb.saturating_add(other.memory_gb),
            disk_gb: self.disk_gb.saturating_add(other.disk_gb),
            tft_per_month: Tft(self.tft_per_month.0.saturating_add(other.tft_per_month.0)),
        }
    }
}

/// One of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Machines.
    Nodes,
    /// Virtual CPUs.
    Vcpu,
    /// GB of memory.
    Memory,
    /// GB of disk.
    Disk,
    /// Chain units of TFT for 30 days.
    Tft,
}

/// It would be more than they may use. Figures in the unit of [`Which`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// The limit.
    pub which: Which,
    /// What was asked for.
    pub asked: u64,
    /// What is left.
    pub left: u64,
    /// The whole allowance.
    pub of: u64,
    /// When stopped deployments stop counting, if that is what makes the difference.
    pub renews: Option<Timestamp>,
}

impl Over {
    /// The no that a person reads: what is left, and how to get more.
    pub fn refusal(&self) -> Refusal {
        let why = match self.which {
            Which::Nodes => Line::new("people-over-nodes"),
            Which::Vcpu => Line::new("people-over-vcpu"),
            Which::Memory => Line::new("people-over-memory"),
            Which::Disk => Line::new("people-over-disk"),
            Which::Tft => Line::new("people-over-tft"),
        };
        let shown = |amount: u64| match self.which {
            Which::Tft => (Tft(amount).as_f64() * 10.0).round() / 10.0,
            _ => amount as f64,
        };
        let why = why.with("asked", shown(self.asked)).with("left", shown(self.left)).with("of", shown(self.of));
        let mut refusal = Refusal::new(Line::new("people-over-what"), why);
        if let Some(at) = self.renews {
            let date = at.calendar().format("%Y-%m-%d").to_string();
            refusal.why.push(Line::new("people-over-renews").with("date", date));
        }
        refusal.why.push(Line::new("people-over-more"));
        let list = Urge::Run { command: "list".to_owned(), answers: Default::default() };
        refusal.way(Button::new(Line::new("people-over-list"), ButtonStyle::Plain, list))
    }
}

/// One deployment in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    amounts: Amounts,
    /// Since when it is paid for; `None` while it is only reserved.
    since: Option<Timestamp>,
    /// Until when it was paid for; kept for its share in the month's cost.
    until: Option<Timestamp>,
}

impl Entry {
    /// What it takes of the allowance at `now`: all of it while it lives, afterwards what it cost this month.
    fn counts(&self, now: Timestamp) -> Amounts {
        match (self.since, self.until) {
            (_, None) => self.amounts,
            (None, Some(_)) => Amounts::default(),
            (Some(since), Some(until)) => {
                let lived = until.since(since.max(month_begin(now))).min(MONTH);
                let cost = u128::from(self.amounts.tft_per_month.0) * lived.as_millis() / MONTH.as_millis();
                Amounts { tft_per_month: Tft(u64::try_from(cost).unwrap_or(u64::MAX)), ..Amounts::default() }
            }
        }
    }
}

fn month_begin(at: Timestamp) -> Timestamp {
    let date = at.calendar().date_naive();
    midnight(date.with_day(1).unwrap_or(date))
}

fn next_month(at: Timestamp) -> Timestamp {
    let first = month_begin(at).calendar().date_naive();
    midnight(first.checked_add_months(Months::new(1)).unwrap_or(first))
}

fn midnight(date: NaiveDate) -> Timestamp {
    Timestamp(u64::try_from(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()).unwrap_or(0))
}

/// How much each may use, and uses. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    store: Store,
    clock: Clock,
    allowance: Allowance,
    /// Held from reading entries to writing one, so that two reservations never see the same rest.
    turn: Arc<Mutex<()>>,
}

impl Ledger {
    pub(super) fn new(store: Store, clock: Clock, allowance: Allowance) -> Self {
        Self { store, clock, allowance, turn: Arc::default() }
    }

    /// How much the account may use at a time.
    pub fn allowance(&self, _account: &str) -> Amounts {
        self.allowance.into()
    }

    /// How much the account uses now: what is reserved or lives, and what the month's stopped ones cost.
    ///
    /// # Errors
    /// The store's.
    pub fn usage(&self, account: &str) -> StoreResult<Amounts> {
        let now = self.clock.now();
        Ok(self.entries(account)?.iter().fold(Amounts::default(), |sum, (_, entry)| sum.plus(entry.counts(now))))
    }

    /// Whether `want` would fit beside all else; reserves nothing. For the plan card.
    ///
    /// # Errors
    /// The store's.
    pub fn fits(&self, account: &str, want: &Amounts) -> StoreResult<Result<(), Over>> {
        Ok(self.weigh(account, &self.entries(account)?, want))
    }

    /// Takes `want` out of the account's allowance for `deployment`. Again for the same one: replaces it.
    ///
    /// # Errors
    /// The store's. The inner error says what is not left; then nothing is taken.
    pub async fn reserve(&self, account: &str, deployment: &str, want: Amounts) -> StoreResult<Result<(), Over>> {
        let turn = self.turn.clone().lock_owned().await;
        let key = (account.to_owned(), deployment.to_owned());
        let (mine, others): (Vec<_>, Vec<_>) = self.entries(account)?.into_iter().partition(|(id, _)| *id == key);
        if let Err(over) = self.weigh(account, &others, &want) {
            return Ok(Err(over));
        }
        let since = mine.first().filter(|(_, entry)| entry.until.is_none()).and_then(|(_, entry)| entry.since);
        let mut change = Change::new().put(ENTRIES, &key, &Entry { amounts: want, since, until: None });
        let begin = month_begin(self.clock.now());
        for (past, _) in others.iter().filter(|(_, entry)| entry.until.is_some_and(|until| until < begin)) {
            change = change.remove(ENTRIES, past);
        }
        self.store.commit_holding(turn, change).await?;
        Ok(Ok(()))
    }

    /// The deployment is paid for from now on.
    ///
    /// # Errors
    /// The store's.
    pub async fn commit(&self, account: &str, deployment: &str) -> StoreResult<()> {
        self.edit(account, deployment, |entry, now| Some(Entry { since: entry.since.or(Some(now)), ..entry })).await
    }

    /// Nothing is left of the deployment.
    ///
    /// # Errors
    /// The store's.
    pub async fn release(&self, account: &str, deployment: &str) -> StoreResult<()> {
        let ended = |entry: Entry, now| entry.since.map(|_| Entry { until: entry.until.or(Some(now)), ..entry });
        self.edit(account, deployment, ended).await
    }

    async fn edit(
        &self,
        account: &str,
        deployment: &str,
        edit: impl FnOnce(Entry, Timestamp) -> Option<Entry>,
    ) -> StoreResult<()> {
        let turn = self.turn.clone().lock_owned().await;
        let key = (account.to_owned(), deployment.to_owned());
        let Some(before) = self.store.get(ENTRIES, &key)? else { return Ok(()) };
        match edit(before, self.clock.now()) {
            Some(after) if after == before => Ok(()),
            Some(after) => self.store.commit_holding(turn, Change::new().put(ENTRIES, &key, &after)).await,
            None => self.store.commit_holding(turn, Change::new().remove(ENTRIES, &key)).await,
        }
    }

    fn entries(&self, account: &str) -> StoreResult<Vec<((String, String), Entry)>> {
        self.store.scan(ENTRIES, &account.to_owned())
    }

    fn weigh(&self, account: &str, others: &[((String, String), Entry)], want: &Amounts) -> Result<(), Over> {
        let now = self.clock.now();
        let sum = |entries: &mut dyn Iterator<Item = &Entry>| {
            entries.fold(Amounts::default(), |sum, entry| sum.plus(entry.counts(now)))
        };
        let used = sum(&mut others.iter().map(|(_, entry)| entry));
        let living = sum(&mut others.iter().map(|(_, entry)| entry).filter(|entry| entry.until.is_none()));
        let limits = self.allowance(account).each().into_iter().zip(used.each()).zip(living.each()).zip(want.each());
        for ((((which, of), (_, used)), (_, living)), (_, asked)) in limits {
            let left = of.saturating_sub(used);
            if asked > left {
                let later = asked <= of.saturating_sub(living);
                return Err(Over { which, asked, left, of, renews: later.then(|| next_month(now)) });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ledger(store: &Store) -> Ledger {
        // 2023-11-14, 22:13 UTC.
        let clock = Clock::runtime(Timestamp::from_secs(1_700_000_000));
        Ledger::new(store.clone(), clock, Allowance { tft_per_month: 100, ..Allowance::default() })
    }

    fn small(tft: u64) -> Amounts {
        Amounts { nodes: 1, vcpu: 4, memory_gb: 16, disk_gb: 502, tft_per_month: Tft::whole(tft) }
    }

    #[tokio::test]
    async fn many_at_once_never_get_more_than_there_is() {
        let store = Store::temporary().unwrap();
        let ledger = ledger(&store);
        let tries = (0..16).map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.reserve("a", &format!("d{n}"), small(1)).await.unwrap().is_ok() })
        });
        let got = futures_util::future::join_all(tries).await.into_iter().filter(|got| *got.as_ref().unwrap()).count();
        assert_eq!(got, 5);
        let over = ledger.reserve("a", "more", small(1)).await.unwrap().unwrap_err();
        assert_eq!(over, Over { which: Which::Nodes, asked: 1, left: 0, of: 5, renews: None });
        assert!(ledger.reserve("ab", "other", small(1)).await.unwrap().is_ok(), "another account has its own");
        let again = super::Ledger::new(store, ledger.clock.clone(), ledger.allowance);
        assert_eq!(again.usage("a").unwrap(), ledger.usage("a").unwrap(), "it is all in the store");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_stopped_one_cost_counts_until_the_month_ends() {
        let ledger = ledger(&Store::temporary().unwrap());
        for _ in 0..2 {
            ledger.reserve("a", "d", small(90)).await.unwrap().unwrap();
            ledger.commit("a", "d").await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(10 * 24 * 3600)).await;
        for _ in 0..2 {
            ledger.release("a", "d").await.unwrap();
            ledger.commit("a", "d").await.unwrap();
        }
        assert_eq!(ledger.usage("a").unwrap().tft_per_month.0 / Tft::ONE, 30);
        assert_eq!(ledger.usage("a").unwrap().nodes, 0);
        let over = ledger.fits("a", &small(80)).unwrap().unwrap_err();
        assert_eq!((over.which, over.renews.unwrap().calendar().to_string()), {
            (Which::Tft, "2023-12-01 00:00:00 UTC".to_owned())
        });
        assert_eq!(over.refusal().why.len(), 3);
        tokio::time::sleep(Duration::from_secs(10 * 24 * 3600)).await;
        ledger.reserve("a", "e", small(100)).await.unwrap().unwrap();
        assert_eq!(ledger.entries("a").unwrap().len(), 1, "last month's are swept out");
        ledger.release("a", "e").await.unwrap();
        ledger.release("a", "e").await.unwrap();
        ledger.release("a", "never").await.unwrap();
        assert_eq!(ledger.usage("a").unwrap(), Amounts::default(), "what was only reserved leaves nothing");
    }

    #[derive(Debug, Clone)]
    enum Step {
        Reserve(u8, u64, u64),
        Commit(u8),
        Release(u8),
        Wait(u64),
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        #[test]
        fn usage_never_exceeds_the_allowance(steps in proptest::collection::vec(step(), 1..40)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let ledger = ledger(&Store::temporary().unwrap());
                let of = ledger.allowance("a");
                for step in steps {
                    match step {
                        Step::Reserve(id, nodes, tft) => {
                            let want = Amounts { nodes, ..small(tft) };
                            let fits = ledger.fits("a", &want).unwrap().is_ok();
                            let got = ledger.reserve("a", &id.to_string(), want).await.unwrap().is_ok();
                            assert!(got || !fits, "what fits can be had");
                        }
                        Step::Commit(id) => ledger.commit("a", &id.to_string()).await.unwrap(),
                        Step::Release(id) => ledger.release("a", &id.to_string()).await.unwrap(),
                        Step::Wait(hours) => tokio::time::sleep(Duration::from_secs(hours * 3600)).await,
                    }
                    let used = ledger.usage("a").unwrap();
                    for ((which, used), (_, of)) in used.each().into_iter().zip(of.each()) {
                        assert!(used <= of, "{which:?}: {used} of {of}");
                    }
                }
            });
        }
    }

    fn step() -> impl proptest::strategy::Strategy<Value = Step> {
        use proptest::prelude::*;
        prop_oneof![
            (0..8u8, 1..3u64, 1..60u64).prop_map(|(id, nodes, tft)| Step::Reserve(id, nodes, tft)),
            (0..8u8).prop_map(Step::Commit),
            (0..8u8).prop_map(Step::Release),
            (1..400u64).prop_map(Step::Wait),
        ]
    }

    #[tokio::test]
    async fn a_reservation_whose_caller_is_gone_does_not_land_after_its_release() {
        let ledger = ledger(&Store::temporary().unwrap());
        let want = Amounts { nodes: 1, ..Amounts::default() };
        for round in 0..50 {
            let id = round.to_string();
            // Dropped while it is on its way to the disk, as a rule; a fast disk may be done already.
            drop(futures_util::FutureExt::now_or_never(ledger.reserve("a", &id, want)));
            ledger.release("a", &id).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(ledger.usage("a").unwrap(), Amounts::default());
    }
}
