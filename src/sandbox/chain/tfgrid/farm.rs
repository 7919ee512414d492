//! Farms and their addresses; and what only root may do to the grid.

use super::{
    CERTIFIERS, CONNECTION_PRICE, Call, Error, Event, FARM_BY_NAME, FARM_ID, FARM_PAYOUT, FARMS, Farm,
    FarmCertification, FarmName, Gateway4, IP4, Ip4, PublicIp, TERMS, ZOS_VERSION, rules, twin,
};
use crate::sandbox::chain::scale::{Account, Bounded, DispatchError};
use crate::sandbox::chain::state::State;

type Done = Result<(), DispatchError>;

/// A farm, if `who` is its farmer.
pub fn owned(state: &State, who: &Account, farm_id: u32) -> Result<Farm, Error> {
    let farm = FARMS.get(state, &farm_id).ok_or(Error::FarmNotExists)?;
    let mine = twin::of(state, who).is_ok_and(|twin| twin.id == farm.twin_id);
    if mine { Ok(farm) } else { Err(Error::CannotUpdateFarmWrongTwin) }
}

fn updated(state: &mut State, farm: Farm) {
    FARMS.put(state, &farm.id, &farm);
    state.deposit(Event::FarmUpdated(farm));
}

pub fn create(state: &mut State, who: Account, name: &FarmName, public_ips: &[IP4]) -> Done {
    let twin = twin::of(state, &who)?;
    if !TERMS.has(state, &who) {
        return Err(Error::FarmerDidNotSignTermsAndConditions.into());
    }
    rules::farm_name(&name.0)?;
    if FARM_BY_NAME.has(state, &name.0) {
        return Err(Error::FarmExists.into());
    }
    let mut ips: Vec<PublicIp> = Vec::new();
    for IP4 { ip, gw } in public_ips {
        if ips.iter().any(|known| known.ip == *ip) {
            return Err(Error::IpExists.into());
        }
        if !rules::public_ip(&ip.0, &gw.0) {
            return Err(Error::InvalidPublicIP.into());
        }
        ips.push(PublicIp { ip: ip.clone(), gateway: gw.clone(), contract_id: 0 });
    }
    if ips.len() > 256 {
        return Err(Error::StorageOverflow.into());
    }
    let id = FARM_ID.change(state, &(), |id| {
        *id += 1;
        *id
    });
    let farm = Farm {
        version: 4,
        id,
        name: name.clone(),
        twin_id: twin.id,
        pricing_policy_id: 1,
        certification: FarmCertification::NotCertified,
        public_ips: Bounded(ips),
        dedicated_farm: false,
        farming_policy_limits: None,
    };
    FARMS.put(state, &id, &farm);
    FARM_BY_NAME.put(state, &name.0, &id);
    state.deposit(Event::FarmStored(farm));
    Ok(())
}

pub fn rename(state: &mut State, who: Account, farm_id: u32, name: &FarmName) -> Done {
    rules::farm_name(&name.0)?;
    let mut farm = owned(state, &who, farm_id)?;
    if ![0, farm_id].contains(&FARM_BY_NAME.get(state, &name.0)) {
        return Err(Error::InvalidFarmName.into());
    }
    FARM_BY_NAME.remove(state, &farm.name.0);
    FARM_BY_NAME.put(state, &name.0, &farm_id);
    farm.name = name.clone();
    updated(state, farm);
    Ok(())
}

pub fn set_payout(state: &mut State, who: Account, farm_id: u32, address: &Vec<u8>) -> Done {
    owned(state, &who, farm_id)?;
    FARM_PAYOUT.put(state, &farm_id, address);
    state.deposit(Event::FarmPayoutV2AddressRegistered(farm_id, address.clone()));
    Ok(())
}

pub fn add_ip(state: &mut State, who: Account, farm_id: u32, ip: &Ip4, gateway: &Gateway4) -> Done {
    let mut farm = owned(state, &who, farm_id)?;
    if !rules::public_ip(&ip.0, &gateway.0) {
        return Err(Error::InvalidPublicIP.into());
    }
    if farm.public_ips.0.iter().any(|known| known.ip == *ip) {
        return Err(Error::IpExists.into());
    }
    if farm.public_ips.0.len() >= 256 {
        return Err(Error::StorageOverflow.into());
    }
    farm.public_ips.0.push(PublicIp { ip: ip.clone(), gateway: gateway.clone(), contract_id: 0 });
    updated(state, farm);
    Ok(())
}

pub fn remove_ip(state: &mut State, who: Account, farm_id: u32, ip: &Ip4) -> Done {
    let mut farm = owned(state, &who, farm_id)?;
    let free = |known: &PublicIp| known.ip == *ip && known.contract_id == 0;
    let at = farm.public_ips.0.iter().position(free).ok_or(Error::IpNotExists)?;
    farm.public_ips.0.remove(at);
    updated(state, farm);
    Ok(())
}

/// The calls of root. Whoever calls this has checked the origin.
pub fn govern(state: &mut State, call: &Call) -> Done {
    let farm = |state: &State, id: &u32| FARMS.get(state, id).ok_or(Error::FarmNotExists);
    match call {
        Call::set_farm_certification { farm_id, certification } => {
            let mut farm = farm(state, farm_id)?;
            farm.certification = *certification;
            updated(state, farm);
            state.deposit(Event::FarmCertificationSet(*farm_id, *certification));
        }
        Call::set_farm_dedicated { farm_id, dedicated } => {
            let mut farm = farm(state, farm_id)?;
            farm.dedicated_farm = *dedicated;
            updated(state, farm);
        }
        Call::force_reset_farm_ip { farm_id, ip } => {
            let mut farm = farm(state, farm_id)?;
            let known = farm.public_ips.0.iter_mut().find(|known| known.ip == *ip).ok_or(Error::IpNotExists)?;
            known.contract_id = 0;
            updated(state, farm);
        }
        Call::attach_policy_to_farm { farm_id, limits } => {
            let mut farm = farm(state, farm_id)?;
            farm.farming_policy_limits.clone_from(limits);
            updated(state, farm);
            state.deposit(Event::FarmingPolicySet(*farm_id, limits.clone()));
        }
        Call::set_connection_price { price } => {
            CONNECTION_PRICE.put(state, &(), price);
            state.deposit(Event::ConnectionPriceSet(*price));
        }
        Call::add_node_certifier { certifier } => {
            let mut certifiers = CERTIFIERS.get(state, &()).unwrap_or_default();
            if certifiers.contains(certifier) {
                return Err(Error::AlreadyCertifier.into());
            }
            certifiers.push(*certifier);
            CERTIFIERS.put(state, &(), &certifiers);
            state.deposit(Event::NodeCertifierAdded(*certifier));
        }
        Call::remove_node_certifier { certifier } => {
            let mut certifiers = CERTIFIERS.get(state, &()).unwrap_or_default();
            let at = certifiers.iter().position(|known| known == certifier).ok_or(Error::NotCertifier)?;
            certifiers.remove(at);
            CERTIFIERS.put(state, &(), &certifiers);
            state.deposit(Event::NodeCertifierRemoved(*certifier));
        }
        Call::set_zos_version { zos_version } => {
            ZOS_VERSION.put(state, &(), zos_version);
            state.deposit(Event::ZosVersionUpdated(zos_version.clone()));
        }
        _ => return Err(DispatchError::BadOrigin),
    }
    Ok(())
}
