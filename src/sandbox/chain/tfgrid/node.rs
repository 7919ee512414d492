//! Nodes: joining, describing, public address, uptime, power, leaving.

use super::{
    CERTIFIERS, CONNECTION_PRICE, Error, Event, FARMING_POLICIES, FARMING_POLICY_ID, FARMS, Farm, Interface, Location,
    LocationInput, NODE_BY_TWIN, NODE_ID, NODE_POWER, NODES, NODES_BY_FARM, Node, NodeCertification, Power, PowerState,
    PublicConfig, Resources, SerialNumber, farm, rules, twin,
};
use crate::sandbox::chain::contracts;
use crate::sandbox::chain::runtime::Origin;
use crate::sandbox::chain::scale::{Account, DispatchError};
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::system;

type Done = Result<(), DispatchError>;

/// How far a node's clock may be from the chain's, seconds.
pub const TIMESTAMP_HINT_DRIFT: u64 = 60;

/// What `create_node` and `update_node` have in common.
pub struct Form<'a> {
    pub farm_id: u32,
    pub resources: Resources,
    pub location: &'a LocationInput,
    pub interfaces: &'a [Interface],
    pub secure_boot: bool,
    pub virtualized: bool,
    pub serial_number: &'a Option<SerialNumber>,
}

impl Form<'_> {
    fn check(&self) -> Result<(), Error> {
        rules::resources(&self.resources)?;
        rules::location(self.location)?;
        self.interfaces.iter().try_for_each(rules::interface)?;
        self.serial_number.as_ref().map_or(Ok(()), |number| rules::serial_number(&number.0))
    }

    fn write(&self, node: &mut Node) {
        node.farm_id = self.farm_id;
        node.resources = self.resources;
        node.location = Location {
            city: self.location.city.clone(),
            country: self.location.country.clone(),
            latitude: self.location.latitude.clone(),
            longitude: self.location.longitude.clone(),
        };
        node.interfaces = self.interfaces.to_vec();
        node.secure_boot = self.secure_boot;
        node.virtualized = self.virtualized;
        node.serial_number.clone_from(self.serial_number);
    }
}

/// The node of an account's twin.
pub fn of(state: &State, who: &Account) -> Result<Node, Error> {
    let twin = twin::of(state, who)?;
    NODES.get(state, &NODE_BY_TWIN.get(state, &twin.id)).ok_or(Error::NodeNotExists)
}

/// The policy by which a node earns: its farm's, or the default one of its certification.
fn farming_policy(state: &State, farm: &Farm, certification: NodeCertification) -> u32 {
    if let Some(limits) = &farm.farming_policy_limits {
        return limits.farming_policy_id;
    }
    (1..=FARMING_POLICY_ID.get(state, &()))
        .map(|id| FARMING_POLICIES.get(state, &id))
        .filter(|policy| policy.default && policy.node_certification == certification)
        .max_by_key(|policy| policy.farm_certification == farm.certification)
        .map_or(0, |policy| policy.id)
}

pub fn create(state: &mut State, who: Account, form: &Form<'_>) -> Done {
    let farm = FARMS.get(state, &form.farm_id).ok_or(Error::FarmNotExists)?;
    let twin = twin::of(state, &who)?;
    if NODE_BY_TWIN.has(state, &twin.id) {
        return Err(Error::NodeWithTwinIdExists.into());
    }
    form.check()?;
    let id = NODE_ID.change(state, &(), |id| {
        *id += 1;
        *id
    });
    let mut node = Node {
        version: 5,
        id,
        farm_id: farm.id,
        twin_id: twin.id,
        resources: form.resources,
        location: Location::default(),
        public_config: None,
        created: system::now_secs(state),
        farming_policy_id: farming_policy(state, &farm, NodeCertification::Diy),
        interfaces: Vec::new(),
        certification: NodeCertification::Diy,
        secure_boot: form.secure_boot,
        virtualized: form.virtualized,
        serial_number: None,
        connection_price: CONNECTION_PRICE.get(state, &()),
    };
    form.write(&mut node);
    NODES.put(state, &id, &node);
    NODE_BY_TWIN.put(state, &twin.id, &id);
    NODES_BY_FARM.change(state, &farm.id, |nodes| nodes.push(id));
    state.deposit(Event::NodeStored(node));
    Ok(())
}

pub fn update(state: &mut State, who: Account, node_id: u32, form: &Form<'_>) -> Done {
    let mut node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if twin::of(state, &who)?.id != node.twin_id {
        return Err(Error::NodeUpdateNotAuthorized.into());
    }
    if !FARMS.has(state, &form.farm_id) {
        return Err(Error::FarmNotExists.into());
    }
    form.check()?;
    if form.farm_id != node.farm_id {
        NODES_BY_FARM.change(state, &node.farm_id, |nodes| nodes.retain(|id| *id != node_id));
        NODES_BY_FARM.change(state, &form.farm_id, |nodes| nodes.push(node_id));
    }
    form.write(&mut node);
    NODES.put(state, &node_id, &node);
    state.deposit(Event::NodeUpdated(node));
    Ok(())
}

pub fn certify(state: &mut State, origin: Origin, node_id: u32, certification: NodeCertification) -> Done {
    if let Ok(who) = origin.signed()
        && !CERTIFIERS.get(state, &()).unwrap_or_default().contains(&who)
    {
        return Err(Error::NotAllowedToCertifyNode.into());
    }
    let mut node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    let farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    node.certification = certification;
    node.farming_policy_id = farming_policy(state, &farm, certification);
    NODES.put(state, &node_id, &node);
    state.deposit(Event::NodeUpdated(node));
    state.deposit(Event::NodeCertificationSet(node_id, certification));
    Ok(())
}

pub fn report_uptime(state: &mut State, who: Account, uptime: u64, hint: Option<u64>) -> Done {
    let node = of(state, &who)?;
    let now = system::now_secs(state);
    if hint.is_some_and(|hint| now.abs_diff(hint) > TIMESTAMP_HINT_DRIFT) {
        return Err(Error::InvalidTimestampHint.into());
    }
    state.deposit(Event::NodeUptimeReported(node.id, now, uptime));
    Ok(())
}

pub fn set_public_config(
    state: &mut State,
    who: Account,
    farm_id: u32,
    node_id: u32,
    config: &Option<PublicConfig>,
) -> Done {
    farm::owned(state, &who, farm_id)?;
    let mut node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if node.farm_id != farm_id {
        return Err(Error::NodeUpdateNotAuthorized.into());
    }
    if let Some(config) = config {
        rules::public_config(config)?;
    }
    node.public_config.clone_from(config);
    NODES.put(state, &node_id, &node);
    state.deposit(Event::NodePublicConfigStored(node_id, config.clone()));
    Ok(())
}

pub fn set_power_state(state: &mut State, who: Account, power: Power) -> Done {
    let node = of(state, &who)?;
    let block = system::number(state);
    let power_state = if power == Power::Up { PowerState::Up } else { PowerState::Down(block) };
    NODE_POWER.change(state, &node.id, |power| power.state = power_state);
    state.deposit(Event::PowerStateChanged { farm_id: node.farm_id, node_id: node.id, power_state });
    Ok(())
}

pub fn set_power_target(state: &mut State, who: Account, node_id: u32, target: Power) -> Done {
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if farm::owned(state, &who, node.farm_id).is_err() {
        return Err(Error::UnauthorizedToChangePowerTarget.into());
    }
    if target == Power::Down && !contracts::ACTIVE_NODE_CONTRACTS.get(state, &node_id).is_empty() {
        return Err(Error::NodeHasActiveContracts.into());
    }
    NODE_POWER.change(state, &node_id, |power| power.target = target);
    state.deposit(Event::PowerTargetChanged { farm_id: node.farm_id, node_id, power_target: target });
    Ok(())
}

pub fn leave(state: &mut State, who: Account, node_id: u32) -> Done {
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if twin::of(state, &who)?.id != node.twin_id {
        return Err(Error::NodeUpdateNotAuthorized.into());
    }
    delete(state, &node)
}

pub fn expel(state: &mut State, who: Account, node_id: u32) -> Done {
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if farm::owned(state, &who, node.farm_id).is_err() {
        return Err(Error::FarmerNotAuthorized.into());
    }
    delete(state, &node)
}

/// Its contracts are billed and cancelled first (sample finding 7).
fn delete(state: &mut State, node: &Node) -> Done {
    contracts::node_left(state, node.id)?;
    NODES_BY_FARM.change(state, &node.farm_id, |nodes| nodes.retain(|id| *id != node.id));
    NODES.remove(state, &node.id);
    NODE_BY_TWIN.remove(state, &node.twin_id);
    NODE_POWER.remove(state, &node.id);
    state.deposit(Event::NodeDeleted(node.id));
    Ok(())
}
