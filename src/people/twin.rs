//! The twin of a person: whose key it is, what the grid knows of it, and what it still lacks.
//!
//! Keys are derived, never stored: a lost store loses no twin, it is found again on the chain. The derivation is
//! frozen from the first release. Settling a twin is cut in pieces that look before they act; what goes to the
//! chain comes as a [`Call`], so that the deployment can write down its intention before it sends.

use super::Account;
use crate::chat::Person;
use crate::grid::kyc::{self, Standing, Subject};
use crate::grid::terms::Terms;
use crate::grid::{
    AccountId, Balance, Call, Grid, GridError, GridResult, Identity, Network, Tft, Twin, TwinId, Tx, activation,
};
use crate::secret::{ExposeSecret, Root};
use std::time::Duration;

/// How long the activation service's transfer may take: two blocks, and some patience.
const ACTIVATION: Duration = Duration::from_secs(30);

/// Whose twin pays for people's deployments.
#[derive(Debug, Clone)]
pub enum TwinPolicy {
    /// Each person's own.
    Own,
    /// The operator's, for everybody.
    Sponsor(Identity),
}

/// Hands out identities.
#[derive(Debug, Clone)]
pub struct Twins {
    root: Root,
    policy: TwinPolicy,
}

impl Twins {
    /// Keys derived from `root`, by `policy`.
    pub fn new(root: Root, policy: TwinPolicy) -> Self {
        Self { root, policy }
    }

    /// The identity that acts for the account.
    pub fn of(&self, account: &Account) -> Identity {
        match &self.policy {
            TwinPolicy::Own => derive(&self.root, &account.key),
            TwinPolicy::Sponsor(identity) => identity.clone(),
        }
    }

    /// The identity that acted for `account` as `payer`, if its key is still at hand: the operator may have begun or
    /// ceased to stand in for everybody since.
    pub fn acting_as(&self, account: &Account, payer: AccountId) -> Option<Identity> {
        let now = self.of(account);
        if now.account() == payer {
            return Some(now);
        }
        Some(derive(&self.root, &account.key)).filter(|own| own.account() == payer)
    }

    /// Whether everybody acts with the operator's twin.
    pub fn sponsored(&self) -> bool {
        matches!(self.policy, TwinPolicy::Sponsor(_))
    }
}

/// The identity of the person with this handle, from the operator's root: HKDF-SHA256 with the info
/// `bellhop/twin/v1|<platform>|<id>`, 32 bytes, taken as BIP-39 entropy. Frozen.
pub fn identity(root: &Root, person: &Person) -> Identity {
    derive(root, &person.handle())
}

#[expect(clippy::expect_used, reason = "32 bytes are BIP-39's longest entropy, and every mini secret makes a key")]
fn derive(root: &Root, handle: &str) -> Identity {
    let entropy = root.derive::<32>(&format!("bellhop/twin/v1|{handle}"));
    Identity::from_entropy(entropy.expose_secret()).expect("32 bytes of entropy make a key")
}

/// What the grid knows of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinState {
    /// Its address on the chain.
    pub address: AccountId,
    /// Its twin, when it has one.
    pub twin: Option<TwinId>,
    /// What it holds.
    pub balance: Balance,
    /// Whether it accepted any terms.
    pub terms_accepted: bool,
    /// Whether the twin can be reached: its relay and its encryption key are the ones that we use.
    pub relay_ok: bool,
    /// How far its identity check is, or why that is not known now.
    pub kyc: Result<Standing, GridError>,
}

/// Reads what the grid knows of `identity`.
///
/// # Errors
/// `Passing` when the chain does not answer.
pub async fn state(grid: &Grid, identity: &Identity) -> GridResult<TwinState> {
    let address = identity.account();
    let twin = async {
        match grid.chain.twin_of(&address).await? {
            Some(id) => grid.chain.twin(id).await,
            None => Ok(None),
        }
    };
    let (balance, terms_accepted, twin) =
        futures_util::try_join!(grid.chain.balance(&address), grid.chain.terms_accepted(&address), twin)?;
    let subject = twin.as_ref().map_or(Subject::Account(address), |twin| Subject::Twin(twin.id));
    let kyc = kyc::standing(grid.web.as_ref(), &grid.network, subject).await;
    let relay_ok = twin.as_ref().is_some_and(|twin| reachable(twin, &grid.network, identity));
    Ok(TwinState { address, twin: twin.map(|twin| twin.id), balance, terms_accepted, relay_ok, kyc })
}

fn reachable(twin: &Twin, network: &Network, identity: &Identity) -> bool {
    let hosts: Vec<_> = twin.relay.as_deref().unwrap_or_default().split('_').collect();
    network.relay_domain.split('_').all(|host| hosts.contains(&host)) && twin.pk == identity.encryption_public()
}

/// Somebody has no twin, and did not accept the terms that come before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grid's terms have not been accepted")]
pub struct TermsNeeded;

/// What the chain must be told so that the identity can act: accepting the terms and making the twin (to be
/// sent as one `batch_all`), setting relay and key, or nothing.
///
/// # Errors
/// [`TermsNeeded`] when there is no twin, and neither the chain nor `accepted` knows of accepted terms.
pub fn calls_to_settle(
    network: &Network,
    identity: &Identity,
    state: &TwinState,
    accepted: Option<&Terms>,
) -> Result<Vec<Call>, TermsNeeded> {
    let (relay, pk) = (Some(network.relay_domain.clone()), identity.encryption_public());
    if state.twin.is_some() {
        return Ok(if state.relay_ok { Vec::new() } else { vec![Call::UpdateTwin { relay, pk }] });
    }
    let mut calls = Vec::new();
    if !state.terms_accepted {
        calls.push(accepted.ok_or(TermsNeeded)?.accept());
    }
    calls.push(Call::CreateTwin { relay, pk });
    Ok(calls)
}

/// The treasury's call that brings `account` from `have` to `want`; `None` when it has that much already.
pub fn top_up(have: &Balance, account: AccountId, want: Tft) -> Option<Call> {
    let lacks = want.0.saturating_sub(have.spendable().0);
    (lacks > 0).then_some(Call::Transfer { to: account, amount: Tft(lacks) })
}

/// Brings `account` to `want` if it holds less: from the operator's treasury, or from the activation service,
/// which only helps an account that holds next to nothing. Returns what it holds then; that may be less than
/// `want` without a treasury.
///
/// # Errors
/// The grid's. After `Unclear`, wait until the transfer can no longer land, then call again: it looks first.
pub async fn fund(grid: &Grid, account: AccountId, want: Tft, treasury: Option<&Identity>) -> GridResult<Balance> {
    let have = grid.chain.balance(&account).await?;
    let Some(call) = top_up(&have, account, want) else { return Ok(have) };
    match treasury {
        Some(treasury) => {
            let _lane = grid.lanes.enter(treasury.account()).await;
            let prepared = grid.chain.prepare(treasury, &Tx::all(vec![call])).await?;
            grid.chain.send(&prepared).await?;
            grid.chain.balance(&account).await
        }
        None if have.spendable() < activation::FLOOR => activation::fund(grid, &account, ACTIVATION).await,
        None => Ok(have),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PlatformName;

    fn me() -> Identity {
        identity(&Root::new([7; 32]), &Person { platform: PlatformName::Telegram, id: "42".into(), name: "x".into() })
    }

    fn nobody() -> TwinState {
        TwinState {
            address: me().account(),
            twin: None,
            balance: Balance::default(),
            terms_accepted: false,
            relay_ok: false,
            kyc: Ok(Standing::Unverified),
        }
    }

    /// Twins of real people hang on this: when it fails, the code is wrong, not the test.
    #[test]
    fn the_derivation_is_frozen() {
        assert_eq!(me().account().to_string(), "5H1SYJkdSB9RJEq1tgFxLzSTZaGxScdEPHPgT68JacrD6noi");
    }

    #[test]
    fn everyone_has_their_own_key_and_a_sponsor_stands_in_for_all() {
        let root = Root::new([7; 32]);
        let account = |key: &str| Account {
            key: key.to_owned(),
            handles: Vec::new(),
            role: crate::chat::Role::Member,
            language: None,
            created: Default::default(),
            twin: None,
            terms: None,
            welcome: false,
        };
        let own = Twins::new(root.clone(), TwinPolicy::Own);
        assert_eq!(own.of(&account("telegram|42")).account(), me().account());
        assert_ne!(own.of(&account("discord|42")).account(), me().account());
        let sponsor = Identity::from_uri("//Alice").unwrap();
        let all = Twins::new(root, TwinPolicy::Sponsor(sponsor.clone()));
        assert_eq!(all.of(&account("discord|42")).account(), sponsor.account());
        assert!(all.sponsored());
        let ann = account("discord|42");
        let acting = |twins: &Twins, as_: &Identity| twins.acting_as(&ann, as_.account()).map(|found| found.account());
        assert_eq!(acting(&all, &sponsor), Some(sponsor.account()));
        assert_eq!(acting(&all, &own.of(&ann)), Some(own.of(&ann).account()), "what was begun before the sponsor");
        assert_eq!(acting(&own, &sponsor), None, "the sponsor's key is gone");
    }

    #[test]
    fn settling_asks_for_exactly_what_is_missing() {
        let network = Network::known("dev").unwrap();
        let terms = Terms { link: "https://example.org/terms".into(), hash: "00".into() };
        let settle = |state: &TwinState, terms| {
            calls_to_settle(&network, &me(), state, terms).map(|calls| {
                let name = |call: &Call| format!("{call:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
                calls.iter().map(name).collect::<Vec<_>>().join(" ")
            })
        };
        assert_eq!(settle(&nobody(), None), Err(TermsNeeded));
        assert_eq!(settle(&nobody(), Some(&terms)).unwrap(), "AcceptTerms CreateTwin");
        assert_eq!(settle(&TwinState { terms_accepted: true, ..nobody() }, None).unwrap(), "CreateTwin");
        let twin = TwinState { twin: Some(TwinId(7)), terms_accepted: true, ..nobody() };
        assert_eq!(settle(&twin, None).unwrap(), "UpdateTwin");
        assert_eq!(settle(&TwinState { relay_ok: true, ..twin }, None).unwrap(), "");
    }

    #[test]
    fn a_twin_is_reachable_by_our_relay_among_others_and_only_with_our_key() {
        let network = Network::known("dev").unwrap();
        let twin = |relay: &str, pk| Twin { id: TwinId(1), account: me().account(), relay: Some(relay.into()), pk };
        let key = me().encryption_public();
        assert!(reachable(&twin("relay.dev.grid.tf", key.clone()), &network, &me()));
        assert!(reachable(&twin("other.example_relay.dev.grid.tf", key.clone()), &network, &me()));
        assert!(!reachable(&twin("relay.grid.tf", key), &network, &me()));
        assert!(!reachable(&twin("relay.dev.grid.tf", None), &network, &me()));
    }

    #[test]
    fn a_top_up_is_what_lacks_of_the_spendable() {
        let have = Balance { free: Tft(100), reserved: Tft(0), frozen: Tft(30) };
        let to = AccountId([1; 32]);
        assert_eq!(top_up(&have, to, Tft(70)), None);
        assert_eq!(top_up(&have, to, Tft(100)), Some(Call::Transfer { to, amount: Tft(30) }));
    }
}
