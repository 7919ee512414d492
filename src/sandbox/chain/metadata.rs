//! The chain's description of itself: metadata V14, made from the types at start.
//!
//! Paths of types are the real runtime's where clients go by them (AccountId32, MultiAddress, RuntimeCall…).
//! A test compares the whole with TFChain's.

use super::balances;
use super::runtime::{self};
use super::scale::{Hash, MultiAddress, MultiSignature};
use super::{burning, contracts, kvstore, price, session, system, tfgrid, utility};
use frame_metadata::RuntimeMetadataPrefixed;
use frame_metadata::v14::{
    ExtrinsicMetadata, PalletCallMetadata, PalletConstantMetadata, PalletErrorMetadata, PalletEventMetadata,
    PalletMetadata, PalletStorageMetadata, RuntimeMetadataV14, SignedExtensionMetadata, StorageEntryMetadata,
};
use parity_scale_codec::{Compact, Encode};
use scale_info::build::{Fields, Variants};
use scale_info::form::{MetaForm, PortableForm};
use scale_info::{MetaType, Path, PortableRegistry, Type, TypeDef, TypeInfo, TypeParameter, meta_type};

/// The encoded metadata, `meta` prefix included.
pub fn encoded() -> Vec<u8> {
    let extrinsic = ExtrinsicMetadata {
        ty: meta_type::<UncheckedExtrinsic>(),
        version: 4,
        signed_extensions: vec![
            extension::<CheckNonZeroSender, ()>("CheckNonZeroSender"),
            extension::<CheckSpecVersion, u32>("CheckSpecVersion"),
            extension::<CheckTxVersion, u32>("CheckTxVersion"),
            extension::<CheckGenesis, Hash>("CheckGenesis"),
            extension::<CheckMortality, Hash>("CheckMortality"),
            extension::<CheckNonce, ()>("CheckNonce"),
            extension::<CheckWeight, ()>("CheckWeight"),
            extension::<ChargeTransactionPayment, ()>("ChargeTransactionPayment"),
        ],
    };
    let mut metadata = RuntimeMetadataV14::new(pallets(), extrinsic, meta_type::<Runtime>());
    rename(&mut metadata.types);
    RuntimeMetadataPrefixed::from(metadata).encode()
}

/// One pallet's description.
struct Pallet(PalletMetadata<MetaForm>);

impl Pallet {
    fn new(index: u8, name: &'static str) -> Self {
        Self(PalletMetadata {
            name,
            storage: None,
            calls: None,
            event: None,
            constants: Vec::new(),
            error: None,
            index,
        })
    }

    fn storage(mut self, entries: Vec<StorageEntryMetadata<MetaForm>>) -> Self {
        self.0.storage = Some(PalletStorageMetadata { prefix: self.0.name, entries });
        self
    }

    fn calls<T: TypeInfo + 'static>(mut self) -> Self {
        self.0.calls = Some(PalletCallMetadata { ty: meta_type::<T>() });
        self
    }

    fn events<T: TypeInfo + 'static>(mut self) -> Self {
        self.0.event = Some(PalletEventMetadata { ty: meta_type::<T>() });
        self
    }

    fn errors<T: TypeInfo + 'static>(mut self) -> Self {
        self.0.error = Some(PalletErrorMetadata { ty: meta_type::<T>() });
        self
    }

    fn constant<T: TypeInfo + Encode + 'static>(mut self, name: &'static str, value: T) -> Self {
        let constant = PalletConstantMetadata { name, ty: meta_type::<T>(), value: value.encode(), docs: Vec::new() };
        self.0.constants.push(constant);
        self
    }
}

fn pallets() -> Vec<PalletMetadata<MetaForm>> {
    let pallets = [
        Pallet::new(0, "System")
            .storage(system::entries())
            .calls::<system::Call>()
            .events::<system::Event>()
            .errors::<system::Error>()
            .constant("BlockHashCount", super::block::BLOCK_HASH_COUNT)
            .constant("SS58Prefix", 42u16),
        Pallet::new(1, "Timestamp")
            .storage(system::timestamp::entries())
            .calls::<system::TimestampCall>()
            .constant("MinimumPeriod", 3000u64),
        Pallet::new(3, "Utility")
            .calls::<utility::Call>()
            .events::<utility::Event>()
            .errors::<utility::Error>()
            .constant("batched_calls_limit", utility::BATCHED_CALLS_LIMIT),
        Pallet::new(11, "Session").storage(session::entries()),
        Pallet::new(20, "Balances")
            .storage(balances::entries())
            .calls::<balances::Call>()
            .events::<balances::Event>()
            .errors::<balances::Error>()
            .constant("ExistentialDeposit", balances::EXISTENTIAL_DEPOSIT)
            .constant("MaxLocks", 50u32)
            .constant("MaxReserves", 50u32)
            .constant("MaxHolds", 0u32)
            .constant("MaxFreezes", 0u32),
        Pallet::new(21, "TransactionPayment")
            .storage(system::payment::entries())
            .events::<system::PaymentEvent>()
            .constant("OperationalFeeMultiplier", 5u8),
        Pallet::new(25, "TfgridModule")
            .storage(tfgrid::entries())
            .calls::<tfgrid::Call>()
            .events::<tfgrid::Event>()
            .errors::<tfgrid::Error>()
            .constant("MaxFarmNameLength", 40u32)
            .constant("MaxFarmPublicIps", 512u32)
            .constant("MaxInterfacesLength", 10u32)
            .constant("MaxInterfaceIpsLength", 10u32)
            .constant("TimestampHintDrift", tfgrid::TIMESTAMP_HINT_DRIFT),
        Pallet::new(26, "SmartContractModule")
            .storage(contracts::entries())
            .calls::<contracts::Call>()
            .events::<contracts::Event>()
            .errors::<contracts::Error>()
            .constant("MaxNameContractNameLength", 64u32)
            .constant("MaxDeploymentDataLength", 512u32)
            .constant("MaxNodeContractPublicIps", 512u32),
        Pallet::new(28, "TFTPriceModule")
            .storage(price::entries())
            .calls::<price::Call>()
            .events::<price::Event>()
            .errors::<price::Error>(),
        Pallet::new(29, "BurningModule")
            .storage(burning::entries())
            .calls::<burning::Call>()
            .events::<burning::Event>()
            .errors::<burning::Error>(),
        Pallet::new(30, "TFKVStore")
            .storage(kvstore::entries())
            .calls::<kvstore::Call>()
            .events::<kvstore::Event>()
            .errors::<kvstore::Error>(),
    ];
    pallets.into_iter().map(|Pallet(pallet)| pallet).collect()
}

fn extension<T: TypeInfo + 'static, A: TypeInfo + 'static>(identifier: &'static str) -> SignedExtensionMetadata {
    SignedExtensionMetadata { identifier, ty: meta_type::<T>(), additional_signed: meta_type::<A>() }
}

fn path<const N: usize>(segments: [&'static str; N]) -> Path {
    Path::from_segments_unchecked(segments)
}

/// Types that exist only to be described.
macro_rules! described {
    ($($name:ident = [$($segment:literal),*] $fields:expr;)*) => {$(
        struct $name;

        impl TypeInfo for $name {
            type Identity = Self;
            fn type_info() -> Type {
                Type::builder().path(path([$($segment),*])).composite($fields)
            }
        }
    )*};
}

described! {
    Runtime = ["tfchain_runtime", "Runtime"] Fields::unit();
    CheckNonZeroSender = ["frame_system", "extensions", "check_non_zero_sender", "CheckNonZeroSender"] Fields::unit();
    CheckSpecVersion = ["frame_system", "extensions", "check_spec_version", "CheckSpecVersion"] Fields::unit();
    CheckTxVersion = ["frame_system", "extensions", "check_tx_version", "CheckTxVersion"] Fields::unit();
    CheckGenesis = ["frame_system", "extensions", "check_genesis", "CheckGenesis"] Fields::unit();
    CheckMortality = ["frame_system", "extensions", "check_mortality", "CheckMortality"]
        Fields::unnamed().field(|f| f.ty::<EraType>().type_name("Era"));
    CheckNonce = ["frame_system", "extensions", "check_nonce", "CheckNonce"]
        Fields::unnamed().field(|f| f.ty::<Compact<u32>>().type_name("T::Index"));
    CheckWeight = ["frame_system", "extensions", "check_weight", "CheckWeight"] Fields::unit();
    ChargeTransactionPayment = ["pallet_transaction_payment", "ChargeTransactionPayment"]
        Fields::unnamed().field(|f| f.ty::<Compact<u128>>().type_name("BalanceOf<T>"));
}

type Extra = (
    CheckNonZeroSender,
    CheckSpecVersion,
    CheckTxVersion,
    CheckGenesis,
    CheckMortality,
    CheckNonce,
    CheckWeight,
    ChargeTransactionPayment,
);

struct UncheckedExtrinsic;

impl TypeInfo for UncheckedExtrinsic {
    type Identity = Self;
    fn type_info() -> Type {
        let parameter = |name, ty: MetaType| TypeParameter::new(name, Some(ty));
        Type::builder()
            .path(path(["sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic"]))
            .type_params(vec![
                parameter("Address", meta_type::<MultiAddress>()),
                parameter("Call", meta_type::<runtime::Call>()),
                parameter("Signature", meta_type::<MultiSignature>()),
                parameter("Extra", meta_type::<Extra>()),
            ])
            .composite(Fields::unnamed().field(|f| f.ty::<Vec<u8>>()))
    }
}

struct EraType;

impl TypeInfo for EraType {
    type Identity = Self;
    fn type_info() -> Type {
        let immortal = Variants::new().variant("Immortal", |v| v.index(0));
        let variants = (1..=u8::MAX).fold(immortal, |variants, index| {
            // Names of types live as long as the program; these are made once, when it starts.
            let name: &'static str = Box::leak(format!("Mortal{index}").into_boxed_str());
            variants.variant(name, |v| v.index(index).fields(Fields::unnamed().field(|f| f.ty::<u8>())))
        });
        Type::builder().path(path(["sp_runtime", "generic", "era", "Era"])).variant(variants)
    }
}

/// Our modules and names, and what the real runtime calls them. `*` keeps the name.
const NAMES: [(&str, &str, &str); 40] = [
    ("scale", "Weight", "sp_weights::weight_v2::Weight"),
    ("scale", "MultiAddress", "sp_runtime::multiaddress::MultiAddress"),
    ("scale", "Pays", "frame_support::dispatch::Pays"),
    ("scale", "DispatchClass", "frame_support::dispatch::DispatchClass"),
    ("scale", "DispatchInfo", "frame_support::dispatch::DispatchInfo"),
    ("scale", "ArithmeticError", "sp_arithmetic::ArithmeticError"),
    ("scale", "*", "sp_runtime::*"),
    ("runtime", "Call", "tfchain_runtime::RuntimeCall"),
    ("runtime", "Event", "tfchain_runtime::RuntimeEvent"),
    ("runtime", "*", "frame_system::*"),
    ("system", "AccountData", "pallet_balances::types::AccountData"),
    ("system", "ExtraFlags", "pallet_balances::types::ExtraFlags"),
    ("system", "TimestampCall", "pallet_timestamp::pallet::Call"),
    ("system", "PaymentEvent", "pallet_transaction_payment::pallet::Event"),
    ("system", "AccountInfo", "frame_system::AccountInfo"),
    ("system", "LastRuntimeUpgradeInfo", "frame_system::LastRuntimeUpgradeInfo"),
    ("system", "*", "frame_system::pallet::*"),
    ("system::payment", "FixedU128", "sp_arithmetic::fixed_point::FixedU128"),
    ("system::payment", "*", "pallet_transaction_payment::*"),
    ("utility", "*", "pallet_utility::pallet::*"),
    ("balances", "BalanceLock", "pallet_balances::types::BalanceLock"),
    ("balances", "Reasons", "pallet_balances::types::Reasons"),
    ("balances", "*", "pallet_balances::pallet::*"),
    ("tfgrid", "*", "pallet_tfgrid::pallet::*"),
    ("tfgrid::error", "*", "pallet_tfgrid::pallet::*"),
    ("tfgrid::policies", "*", "pallet_tfgrid::types::*"),
    ("tfgrid::types", "Twin", "pallet_tfgrid::types::Twin"),
    ("tfgrid::types", "EntityProof", "pallet_tfgrid::types::EntityProof"),
    ("tfgrid::types", "LocationInput", "pallet_tfgrid::types::LocationInput"),
    ("tfgrid::types", "Location", "pallet_tfgrid::node::Location"),
    ("tfgrid::types", "TermsAndConditions", "pallet_tfgrid::terms_cond::TermsAndConditions"),
    ("tfgrid::types", "Resources", "tfchain_support::resources::Resources"),
    ("tfgrid::types", "PublicIp", "tfchain_support::types::PublicIP"),
    ("tfgrid::types", "*", "tfchain_support::types::*"),
    ("contracts", "*", "pallet_smart_contract::pallet::*"),
    ("contracts::error", "*", "pallet_smart_contract::pallet::*"),
    ("contracts::types", "*", "pallet_smart_contract::types::*"),
    ("price", "*", "pallet_tft_price::pallet::*"),
    ("kvstore", "*", "pallet_kvstore::pallet::*"),
    ("burning", "*", "pallet_burning::pallet::*"),
];

/// The type parameters that polkadot.js looks for: by them it finds the types of events and of accounts.
fn parameter(module: &str, name: &str, def: &TypeDef<PortableForm>) -> Option<TypeParameter<PortableForm>> {
    let of = |name: &str, ty| TypeParameter::new_portable(name.to_owned(), Some(ty));
    match (module, name, def) {
        ("runtime", "EventRecord", TypeDef::Composite(record)) => {
            let event = record.fields.iter().find(|field| field.name.as_deref() == Some("event"))?;
            Some(of("E", event.ty))
        }
        ("scale", "MultiAddress", TypeDef::Variant(address)) => {
            let id = address.variants.iter().find(|variant| variant.name == "Id")?;
            Some(of("AccountId", id.fields.first()?.ty))
        }
        _ => None,
    }
}

/// Gives our types the real runtime's paths.
fn rename(types: &mut PortableRegistry) {
    let root = format!("{}::", module_path!().trim_end_matches("::metadata"));
    for ty in &mut types.types {
        let full = ty.ty.path.segments.join("::");
        let Some((module, name)) = full.strip_prefix(&root).and_then(|path| path.rsplit_once("::")) else { continue };
        let known = NAMES.iter().find(|(m, n, _)| *m == module && (*n == name || *n == "*"));
        if let Some((_, _, real)) = known {
            let real = real.replace('*', name);
            ty.ty.path.segments = real.split("::").map(str::to_owned).collect();
        }
        ty.ty.type_params.extend(parameter(module, name, &ty.ty.type_def));
    }
}
