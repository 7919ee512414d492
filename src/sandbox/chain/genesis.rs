//! The world before the first block, made with root's powers.
//!
//! The default one is that of the recordings: //Alice (100 M TFT) makes the blocks, //Bob to //Ferdie have
//! 1 M TFT each, TFT costs 50 mUSD, pricing policy 1 and two farming policies. Addresses of farms are not
//! checked here.

use super::balances::{self, TOTAL_ISSUANCE};
use super::convert;
use super::runtime::{self, SPEC_NAME, SPEC_VERSION};
use super::scale::{Account, Bounded, DispatchError, Text};
use super::state::State;
use super::system::{self, LastRuntimeUpgradeInfo, timestamp};
use super::tfgrid::{self, FarmingPolicy, NodeCertification, Policy, PricingPolicy};
use super::{contracts, price, session};
use crate::clock::Timestamp;
use crate::grid::{
    AccountId, FarmId, FarmInput, Identity, KeyKind, NodeId, NodeInput, Party, PublicConfig, Refused, Tft, TwinId,
};

/// A farm that is there from the start.
#[derive(Debug, Clone)]
pub struct GenesisFarm {
    /// The farmer.
    pub twin: TwinId,
    /// Name and addresses.
    pub farm: FarmInput,
    /// Gold certified.
    pub certified: bool,
    /// Its nodes are only rented whole.
    pub dedicated: bool,
}

/// A node that is there from the start.
#[derive(Debug, Clone)]
pub struct GenesisNode {
    /// Its own twin.
    pub twin: TwinId,
    /// What and where it is.
    pub node: NodeInput,
    /// Certified hardware.
    pub certified: bool,
    /// Public address and domain.
    pub public_config: Option<PublicConfig>,
    /// mUSD per 30 days beyond the policy.
    pub extra_fee: u64,
}

/// See the module.
pub struct Genesis {
    pub(super) state: State,
    pub(super) author: AccountId,
    pub(super) biller: Option<Identity>,
}

/// The development accounts //Alice to //Ferdie, and what they own in TFT. (Deriving them takes half a second.)
const RICH: [(&str, u64); 6] = [
    ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", 100_000_000),
    ("5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", 1_000_000),
    ("5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y", 1_000_000),
    ("5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy", 1_000_000),
    ("5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw", 1_000_000),
    ("5CiPPseXPECbkjWCa6MnjNokrgYjMqmKndv2rSnekmSK2DjL", 1_000_000),
];

/// The key that signs the bills. It holds play money, and may be known.
const BILLER: [u8; 32] = *b"the sandbox's bills, not secret!";

fn refused(error: impl Into<DispatchError>) -> Refused {
    let code = runtime::error_name(error.into());
    Refused { by: Party::Chain, text: format!("the genesis breaks a rule of the chain: {code}"), code }
}

impl Genesis {
    /// The world of the recordings, at `now`.
    pub fn new(now: Timestamp) -> Self {
        let mut state = State::default();
        timestamp::NOW.put(&mut state, &(), &now.0);
        let upgrade = LastRuntimeUpgradeInfo { spec_version: SPEC_VERSION, spec_name: SPEC_NAME.to_owned() };
        system::LAST_RUNTIME_UPGRADE.put(&mut state, &(), &upgrade);
        let rich = RICH.map(|(address, tft)| (address.parse().unwrap_or(AccountId([0; 32])), tft));
        let [(author, _), _, _, (dave, _), (eve, _), _] = rich;
        let mut genesis = Self { state, author, biller: Identity::from_mini_secret(KeyKind::Sr25519, BILLER).ok() };
        for (account, tft) in rich {
            genesis.endow(account, Tft::whole(tft));
        }
        let state = &mut genesis.state;
        session::VALIDATORS.put(state, &(), &vec![author.into()]);
        tfgrid::CERTIFIERS.put(state, &(), &vec![author.into()]);
        tfgrid::CONNECTION_PRICE.put(state, &(), &80);
        contracts::BILLING_FREQUENCY.put(state, &(), &600);
        price::TFT_PRICE.put(state, &(), &50);
        price::AVERAGE_TFT_PRICE.put(state, &(), &50);
        price::MIN_TFT_PRICE.put(state, &(), &10);
        price::MAX_TFT_PRICE.put(state, &(), &1000);
        pricing_policy(state, dave.into(), eve.into());
        farming_policies(state);
        genesis
    }

    /// Gives an account money.
    pub fn endow(&mut self, who: AccountId, amount: Tft) {
        let who = Account::from(who);
        system::ACCOUNT.change(&mut self.state, &who, |info| {
            info.data.free += u128::from(amount.0);
            info.providers = u32::from(info.data.free >= balances::EXISTENTIAL_DEPOSIT);
        });
        TOTAL_ISSUANCE.change(&mut self.state, &(), |total| *total += u128::from(amount.0));
    }

    /// Makes a twin (terms accepted). It is not endowed.
    ///
    /// # Errors
    /// `TfgridModule.*` as `create_twin`.
    pub fn twin(&mut self, who: AccountId, relay: Option<&str>, pk: Option<Vec<u8>>) -> Result<TwinId, Refused> {
        let who = who.into();
        let text = |text: &str| text.as_bytes().to_vec();
        self.call(
            who,
            tfgrid::Call::user_accept_tc {
                document_link: Bounded(text("https://terms.sandbox")),
                document_hash: Bounded(text("d41d8cd98f00b204e9800998ecf8427e")),
            },
        )?;
        let relay = relay.map(|relay| convert::text(relay, "relay")).transpose()?;
        let pk = pk.map(|pk| convert::bytes(pk, "pk")).transpose()?;
        self.call(who, tfgrid::Call::create_twin { relay, pk })?;
        Ok(TwinId(tfgrid::TWIN_ID.get(&self.state, &())))
    }

    fn call(&mut self, who: Account, call: tfgrid::Call) -> Result<(), Refused> {
        runtime::dispatch(&mut self.state, runtime::Origin::of(who), &call.into()).map_err(refused)?;
        self.state.events.clear();
        Ok(())
    }

    fn account(&self, twin: TwinId) -> Result<Account, Refused> {
        let twin = tfgrid::TWINS.get(&self.state, &twin.0).ok_or_else(|| refused(tfgrid::Error::TwinNotExists))?;
        Ok(twin.account_id)
    }

    /// Makes a farm. Its addresses are taken as they are.
    ///
    /// # Errors
    /// `TfgridModule.*` as `create_farm`.
    pub fn farm(&mut self, farm: &GenesisFarm) -> Result<FarmId, Refused> {
        let who = self.account(farm.twin)?;
        let name: Text<40> = convert::text(&farm.farm.name, "name")?;
        self.call(who, tfgrid::Call::create_farm { name, public_ips: Bounded::default() })?;
        let id = tfgrid::FARM_ID.get(&self.state, &());
        if let Some(mut row) = tfgrid::FARMS.get(&self.state, &id) {
            for (ip, gateway) in &farm.farm.ips {
                let (ip, gateway) = (convert::text(ip, "ip")?, convert::text(gateway, "gw")?);
                row.public_ips.0.push(tfgrid::PublicIp { ip, gateway, contract_id: 0 });
            }
            row.dedicated_farm = farm.dedicated;
            if farm.certified {
                row.certification = tfgrid::FarmCertification::Gold;
            }
            tfgrid::FARMS.put(&mut self.state, &id, &row);
        }
        Ok(FarmId(id))
    }

    /// Makes a node of a farm.
    ///
    /// # Errors
    /// `TfgridModule.*` as `create_node`.
    pub fn node(&mut self, node: &GenesisNode) -> Result<NodeId, Refused> {
        let who = self.account(node.twin)?;
        self.call(who, convert::create_node(&node.node)?)?;
        let id = tfgrid::NODE_ID.get(&self.state, &());
        if node.certified {
            let certification = NodeCertification::Certified;
            let call = tfgrid::Call::set_node_certification { node_id: id, node_certification: certification };
            runtime::dispatch(&mut self.state, runtime::Origin::Root, &call.into()).map_err(refused)?;
            self.state.events.clear();
        }
        if let Some(mut row) = tfgrid::NODES.get(&self.state, &id) {
            row.public_config = node.public_config.as_ref().map(convert::public_config).transpose()?;
            tfgrid::NODES.put(&mut self.state, &id, &row);
        }
        if node.extra_fee > 0 {
            contracts::EXTRA_FEE.put(&mut self.state, &id, &node.extra_fee);
        }
        Ok(NodeId(id))
    }

    /// Sets the price of TFT, mUSD.
    pub fn price(&mut self, musd: u32) {
        price::TFT_PRICE.put(&mut self.state, &(), &musd);
        price::AVERAGE_TFT_PRICE.put(&mut self.state, &(), &musd);
    }

    /// Sets what things cost (policy 1).
    pub fn policy(&mut self, policy: &crate::grid::Policy) {
        if let Some(mut row) = tfgrid::PRICING_POLICIES.get(&self.state, &1) {
            let of = |value: u64| Policy { value: u32::try_from(value).unwrap_or(u32::MAX), ..Policy::default() };
            (row.cu, row.su, row.nu, row.ipu) = (of(policy.cu), of(policy.su), of(policy.nu), of(policy.ipu));
            (row.unique_name, row.domain_name) = (of(policy.unique_name), of(policy.domain_name));
            tfgrid::PRICING_POLICIES.put(&mut self.state, &1, &row);
        }
    }
}

fn pricing_policy(state: &mut State, foundation: Account, sales: Account) {
    let of = |value| Policy { value, ..Policy::default() };
    let policy = PricingPolicy {
        version: 3,
        id: 1,
        name: b"threefold_default_pricing_policy".to_vec(),
        su: of(50_000),
        cu: of(100_000),
        nu: of(15_000),
        ipu: of(40_000),
        unique_name: of(2_500),
        domain_name: of(5_000),
        foundation_account: foundation,
        certified_sales_account: sales,
        discount_for_dedication_nodes: 50,
    };
    tfgrid::PRICING_POLICIES.put(state, &1, &policy);
    tfgrid::PRICING_POLICY_BY_NAME.put(state, &policy.name, &1);
    tfgrid::PRICING_POLICY_ID.put(state, &(), &1);
}

fn farming_policies(state: &mut State) {
    let kinds = [
        ("threefold_default_diy_farming_policy", NodeCertification::Diy, 2_400, 1_000, 30, 5),
        ("threefold_default_certified_farming_policy", NodeCertification::Certified, 3_000, 1_250, 38, 6),
    ];
    for (at, (name, node_certification, cu, su, nu, ipv4)) in kinds.into_iter().enumerate() {
        let id = at as u32 + 1;
        let policy = FarmingPolicy {
            version: 1,
            id,
            name: name.as_bytes().to_vec(),
            cu,
            su,
            nu,
            ipv4,
            minimal_uptime: 95,
            immutable: true,
            default: true,
            node_certification,
            ..FarmingPolicy::default()
        };
        tfgrid::FARMING_POLICIES.put(state, &id, &policy);
        tfgrid::FARMING_POLICY_ID.put(state, &(), &id);
    }
}
