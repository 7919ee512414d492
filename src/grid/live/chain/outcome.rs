//! What became of an extrinsic: from the events of its block to [`Landed`], and from dispatch errors to names.
//!
//! Names come from the metadata of the block's own runtime, never from a table (errors move between versions).
//! Events that are not known here, or no longer of the known shape, are left out: contracts can also be found
//! by hash and by name.

use super::link::{At, Trouble};
use super::raw::{RawContract, RawFarm, RawNode, RawTwin};
use crate::grid::{ContractId, Event, FarmId, GridError, GridResult, Landed, NodeId, Party, Prepared, Refused};
use subxt::dynamic::{At as _, Value};
use subxt::events::Phase;
use subxt::ext::scale_decode::DecodeAsType;
use subxt::ext::scale_value::ValueDef;
use subxt::{Metadata, SubstrateConfig};

type BlockEvent<'a> = subxt::events::Event<'a, SubstrateConfig>;

/// The fields of an event without field names.
#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Only<T>(T);

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Canceled {
    contract_id: u64,
}

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ItemFailed {
    error: Value,
}

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ExtrinsicFailed {
    dispatch_error: Value,
}

/// Reads the outcome of the `index`-th extrinsic of the block.
pub(super) async fn outcome(at: &At, index: u32, prepared: &Prepared) -> Result<GridResult<Landed>, Trouble> {
    let block = u32::try_from(at.block_number()).map_err(Trouble::runtime)?;
    let metadata = at.metadata();
    let all = at.events().fetch().await?;
    let mut landed = Landed { block, items: Vec::new(), events: Vec::new() };
    for event in all.iter() {
        let event = event?;
        if event.phase() != Phase::ApplyExtrinsic(index) {
            continue;
        }
        match (event.pallet_name(), event.event_name()) {
            ("System", "ExtrinsicFailed") => {
                let failed: ExtrinsicFailed = event.decode_fields_unchecked_as()?;
                return Ok(Err(GridError::Refused(refusal(&metadata, &failed.dispatch_error))));
            }
            ("Utility", "ItemCompleted") => landed.items.push(Ok(())),
            ("Utility", "ItemFailed") => {
                let failed: ItemFailed = event.decode_fields_unchecked_as()?;
                landed.items.push(Err(refusal(&metadata, &failed.error)));
            }
            _ => landed.events.extend(known(&event)),
        }
    }
    // A single call has no item events.
    if landed.items.len() != prepared.calls {
        landed.items = vec![Ok(()); prepared.calls];
    }
    Ok(Ok(landed))
}

fn known(event: &BlockEvent<'_>) -> Option<Event> {
    fn fields<T: subxt::ext::scale_decode::DecodeAsFields>(event: &BlockEvent<'_>) -> Option<T> {
        event
            .decode_fields_unchecked_as()
            .inspect_err(|error| tracing::warn!(pallet = event.pallet_name(), event = event.event_name(), %error, "left out an event of the chain"))
            .ok()
    }
    match (event.pallet_name(), event.event_name()) {
        ("TfgridModule", "TwinStored" | "TwinUpdated") => {
            fields::<Only<RawTwin>>(event).map(|Only(twin)| Event::TwinStored(twin.into()))
        }
        ("TfgridModule", "FarmStored") => {
            fields::<Only<RawFarm>>(event).map(|Only(farm)| Event::FarmStored(FarmId(farm.id)))
        }
        ("TfgridModule", "NodeStored") => {
            fields::<Only<RawNode>>(event).map(|Only(node)| Event::NodeStored(NodeId(node.id)))
        }
        ("SmartContractModule", "ContractCreated") => {
            fields::<Only<RawContract>>(event)?.0.living().map(Event::ContractCreated)
        }
        ("SmartContractModule", "NodeContractCanceled" | "NameContractCanceled" | "RentContractCanceled") => {
            fields::<Canceled>(event).map(|gone| Event::ContractCanceled(ContractId(gone.contract_id)))
        }
        _ => None,
    }
}

/// A dispatch error by name: `Pallet.Error` for a pallet's own, else the runtime's (`BadOrigin`, `Token.Frozen`).
fn refusal(metadata: &Metadata, error: &Value) -> Refused {
    let (code, text) = named(metadata, error).unwrap_or_else(|| ("unknown".to_owned(), error.to_string()));
    let text = if text.is_empty() { code.clone() } else { text };
    Refused { by: Party::Chain, code, text }
}

fn named(metadata: &Metadata, error: &Value) -> Option<(String, String)> {
    let ValueDef::Variant(variant) = &error.value else { return None };
    let inner = variant.values.values().next();
    if variant.name != "Module" {
        return Some(match inner.map(|inner| &inner.value) {
            Some(ValueDef::Variant(detail)) => (format!("{}.{}", variant.name, detail.name), String::new()),
            _ => (variant.name.clone(), String::new()),
        });
    }
    let module = inner?;
    let byte = |value: &Value| value.as_u128().and_then(|n| u8::try_from(n).ok());
    let pallet = metadata.pallet_by_error_index(byte(module.at("index")?)?)?;
    // Four bytes today, one on older runtimes.
    let index = module.at("error").and_then(|error| byte(error).or_else(|| byte(error.at(0)?)))?;
    let error = pallet.error_variant_by_index(index)?;
    Some((format!("{}.{}", pallet.name(), error.name), error.docs.join(" ").trim().to_owned()))
}
