//! Terms, twins and their stashes.

use super::{
    Error, Event, PublicKey, Relay, TERMS, TWIN_BY_ACCOUNT, TWIN_ID, TWIN_STASH, TWINS, TermsAndConditions, Twin, rules,
};
use crate::sandbox::chain::scale::{Account, DispatchError, Text};
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::system;

type Done = Result<(), DispatchError>;

/// The twin of an account.
pub fn of(state: &State, who: &Account) -> Result<Twin, Error> {
    TWIN_BY_ACCOUNT.get(state, who).and_then(|id| TWINS.get(state, &id)).ok_or(Error::TwinNotExists)
}

pub fn accept_terms(state: &mut State, who: Account, link: &Text<2048>, hash: &Text<50>) -> Done {
    rules::link(&link.0)?;
    rules::hash(&hash.0)?;
    let mut accepted = TERMS.get(state, &who).unwrap_or_default();
    accepted.push(TermsAndConditions {
        account_id: who,
        timestamp: system::now_secs(state),
        document_link: link.clone(),
        document_hash: hash.clone(),
    });
    TERMS.put(state, &who, &accepted);
    Ok(())
}

pub fn create(state: &mut State, who: Account, relay: &Option<Relay>, pk: &Option<PublicKey>) -> Done {
    if !TERMS.has(state, &who) {
        return Err(Error::UserDidNotSignTermsAndConditions.into());
    }
    if TWIN_BY_ACCOUNT.has(state, &who) {
        return Err(Error::TwinWithPubkeyExists.into());
    }
    if let Some(relay) = relay {
        rules::relay(&relay.0)?;
    }
    let id = TWIN_ID.change(state, &(), |id| {
        *id += 1;
        *id
    });
    let twin = Twin { id, account_id: who, relay: relay.clone(), entities: Vec::new(), pk: pk.clone() };
    TWINS.put(state, &id, &twin);
    TWIN_BY_ACCOUNT.put(state, &who, &id);
    state.deposit(Event::TwinStored(twin));
    Ok(())
}

pub fn update(state: &mut State, who: Account, relay: &Option<Relay>, pk: &Option<PublicKey>) -> Done {
    let mut twin = of(state, &who)?;
    if let Some(relay) = relay {
        rules::relay(&relay.0)?;
    }
    twin.relay.clone_from(relay);
    twin.pk.clone_from(pk);
    TWINS.put(state, &twin.id, &twin);
    state.deposit(Event::TwinUpdated(twin));
    Ok(())
}

pub fn bond(state: &mut State, who: Account, twin_id: u32) -> Done {
    let twin = TWINS.get(state, &twin_id).ok_or(Error::TwinNotExists)?;
    if twin.account_id == who {
        return Err(Error::TwinCannotBoundToItself.into());
    }
    TWIN_STASH.put(state, &twin_id, &who);
    state.deposit(Event::TwinAccountBounded(twin_id, who));
    Ok(())
}
