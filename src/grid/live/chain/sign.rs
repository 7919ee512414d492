//! From calls to a signed extrinsic, and until which block it can land.

use super::link::{At, Session, Trouble};
use super::wire;
use crate::grid::{GridError, Identity, KeyKind, Party, Prepared, Tx};
use subxt::SubstrateConfig;
use subxt::config::DefaultExtrinsicParamsBuilder;
use subxt::error::ExtrinsicError;
use subxt::utils::{AccountId32, H256, MultiSignature};

/// For how many blocks an extrinsic is valid: 32, about three minutes. Short, since after a crash the end of
/// this span is waited for; long enough for a chain that stumbles. A power of two, as eras must be.
pub(super) const ERA: u32 = 32;

/// How far finality may lag before eras begin at the best block instead of the finalized one.
const LAG: u32 = ERA / 4;

impl Session {
    /// Signs with the account's next nonce. The era begins at the finalized block, so that no reorganisation can
    /// take away the block whose hash is signed.
    pub(super) async fn sign(&self, signer: &Identity, tx: &Tx) -> Result<Prepared, Trouble> {
        let at = self.best().await?;
        let nonce = self.rpc.system_account_next_index(&AccountId32(signer.account().0)).await?;
        let best = u32::try_from(at.block_number()).map_err(Trouble::runtime)?;
        let (birth, hash) = self.birth(best, at.block_hash()).await?;
        let bytes = signed(&at, signer, tx, nonce, birth, hash)?;
        Ok(Prepared {
            hash: blake2_256(&bytes),
            bytes,
            // Valid in the birth block and the 31 after it.
            last_block: birth.saturating_add(ERA - 1),
            calls: tx.calls.len(),
        })
    }

    async fn birth(&self, best: u32, best_hash: H256) -> Result<(u32, H256), Trouble> {
        let hash = self.rpc.chain_get_finalized_head().await?;
        let header = self.rpc.chain_get_header(Some(hash)).await?;
        let finalized = header.and_then(|header| u32::try_from(header.number).ok());
        Ok(match finalized {
            Some(finalized) if best.saturating_sub(finalized) <= LAG => (finalized, hash),
            _ => (best, best_hash),
        })
    }
}

fn signed(at: &At, signer: &Identity, tx: &Tx, nonce: u64, birth: u32, hash: H256) -> Result<Vec<u8>, Trouble> {
    encode(&at.tx(), signer, tx, nonce, birth, hash).map_err(|error| {
        Trouble::Grid(GridError::refused(
            Party::Chain,
            "argument",
            format!("the runtime cannot take this call: {error}"),
        ))
    })
}

/// Works with and without a connection.
pub(super) fn encode<C: subxt::client::OfflineClientAtBlockT<SubstrateConfig>>(
    client: &subxt::transactions::TransactionsClient<SubstrateConfig, C>,
    signer: &Identity,
    tx: &Tx,
    nonce: u64,
    birth: u32,
    hash: H256,
) -> Result<Vec<u8>, ExtrinsicError> {
    let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
        .nonce(nonce)
        .mortal_from_unchecked(ERA.into(), birth.into(), hash)
        .build();
    let call = wire::payload(tx);
    let mut signable = client.create_v4_signable_offline(&call, params)?;
    let signature = signer.sign(&signable.signer_payload()?);
    let signature = match signer.kind() {
        KeyKind::Sr25519 => MultiSignature::Sr25519(signature),
        KeyKind::Ed25519 => MultiSignature::Ed25519(signature),
    };
    Ok(signable.sign_with_account_and_signature(&AccountId32(signer.account().0), &signature)?.into_encoded())
}

/// The hash that Substrate knows an extrinsic by.
pub(super) fn blake2_256(bytes: &[u8]) -> [u8; 32] {
    use blake2::Digest;
    blake2::Blake2b::<blake2::digest::consts::U32>::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{
        AccountId, Batch, Call, ContractId, DocumentHash, FarmId, FarmInput, NodeId, NodeInput, PublicConfig,
        Resources, Tft,
    };
    use subxt::client::{OfflineClient, OfflineClientAtBlock};
    use subxt::config::substrate::SpecVersionForRange;

    /// The runtime of spec 149 without a connection, where its metadata is at hand.
    fn offline() -> Option<OfflineClientAtBlock<SubstrateConfig>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/tfchain-149.metadata.scale");
        let Ok(bytes) = std::fs::read(path) else {
            println!("skipped: no metadata of TFChain at hand");
            return None;
        };
        let metadata = subxt::Metadata::decode_from(&bytes).unwrap().arc();
        let version = SpecVersionForRange { block_range: 0..1000, spec_version: 149, transaction_version: 2 };
        let config = SubstrateConfig::builder()
            .set_genesis_hash(H256([1; 32]))
            .set_metadata_for_spec_versions([(149, metadata)])
            .set_spec_version_for_block_ranges([version])
            .build();
        Some(OfflineClient::new_with_config(config).at_block(100u64).unwrap())
    }

    fn every_call() -> Vec<Call> {
        let relay = Some("relay.grid.tf".to_owned());
        vec![
            Call::AcceptTerms { link: "https://x.tf".to_owned(), hash: "f".repeat(32) },
            Call::CreateTwin { relay: relay.clone(), pk: Some(vec![2; 33]) },
            Call::UpdateTwin { relay, pk: None },
            Call::Transfer { to: AccountId([7; 32]), amount: Tft(10_000_000) },
            Call::NameContract { name: "first".to_owned() },
            Call::NodeContract {
                node: NodeId(7),
                hash: DocumentHash([b'a'; 32]),
                data: "{}".to_owned(),
                public_ips: 1,
            },
            Call::Cancel { contract: ContractId(9) },
            Call::CreateFarm(FarmInput {
                name: "farm".to_owned(),
                ips: vec![("1.2.3.4/24".to_owned(), "1.2.3.1".to_owned())],
            }),
            Call::CreateNode(NodeInput {
                farm: FarmId(1),
                resources: Resources { cru: 1, mru: 2, sru: 3, hru: 4 },
                city: "Gent".to_owned(),
                country: "Belgium".to_owned(),
                latitude: "51".to_owned(),
                longitude: "3".to_owned(),
                serial: Some("s".to_owned()),
            }),
            Call::SetPublicConfig {
                farm: FarmId(1),
                node: NodeId(2),
                config: PublicConfig {
                    ipv4: "1.2.3.4/24".to_owned(),
                    gw4: "1.2.3.1".to_owned(),
                    domain: Some("gent01.grid.tf".to_owned()),
                },
            },
            Call::ReportUptime { uptime: 5, hint: 6 },
            Call::ReportResources { used: vec![(ContractId(9), Resources { cru: 1, mru: 2, sru: 3, hru: 4 })] },
        ]
    }

    #[test]
    fn every_call_has_the_bytes_of_spec_149() {
        let Some(at) = offline() else { return };
        let bytes = |call: &Call| hex::encode(at.tx().call_data(&wire::payload(&Tx::all(vec![call.clone()]))).unwrap());
        let all: Vec<String> = every_call().iter().map(bytes).collect();
        insta::assert_snapshot!(all.join("\n"), @r"
        19193068747470733a2f2f782e7466806666666666666666666666666666666666666666666666666666666666666666
        1911013472656c61792e677269642e74660184020202020202020202020202020202020202020202020202020202020202020202
        1912013472656c61792e677269642e746600
        1403000707070707070707070707070707070707070707070707070707070707070707025a6202
        1a04146669727374
        1a00070000006161616161616161616161616161616161616161616161616161616161616161087b7d0100000000
        1a020900000000000000
        1901106661726d0428312e322e332e342f32341c312e322e332e31
        19080100000004000000000000000300000000000000010000000000000002000000000000001047656e741c42656c6769756d0835310433000000010473
        190c01000000020000000128312e322e332e342f32341c312e322e332e3100013867656e7430312e677269642e7466
        192605000000000000000600000000000000
        1a060409000000000000000400000000000000030000000000000001000000000000000200000000000000
        ");
    }

    #[test]
    fn an_extrinsic_is_signed_for_its_account_and_ends_with_its_era() {
        let Some(at) = offline() else { return };
        for uri in ["//Alice", "0x0707070707070707070707070707070707070707070707070707070707070707"] {
            let signer = Identity::from_uri(uri).unwrap();
            for (batch, index) in [(Batch::All, 2), (Batch::Force, 4)] {
                let tx = Tx { calls: every_call(), batch };
                let bytes = encode(&at.tx(), &signer, &tx, 5, 100, H256([9; 32])).unwrap();
                let body: Vec<u8> = {
                    let mut rest = bytes.as_slice();
                    <subxt::ext::codec::Compact<u32> as subxt::ext::codec::Decode>::decode(&mut rest).unwrap();
                    rest.to_vec()
                };
                assert_eq!((body[0], body[1], &body[2..34], body[34]), (0x84, 0, &signer.account().0[..], 1));
                // Era 32 from block 100: the low nibble is log2 of the period less one, above it the phase; then
                // nonce 5 and no tip, compact.
                let era = (u16::from_le_bytes([body[99], body[100]]), body[101], body[102]);
                assert_eq!(era, (4 | (100 % 32) << 4, 5 << 2, 0));
                let call = at.tx().call_data(&wire::payload(&tx)).unwrap();
                assert_eq!((&body[103..], &call[..2]), (call.as_slice(), &[3, index][..]));

                let mut signed = call.clone();
                signed.extend_from_slice(&body[99..103]);
                signed.extend_from_slice(&149u32.to_le_bytes());
                signed.extend_from_slice(&2u32.to_le_bytes());
                signed.extend_from_slice(&[1; 32]);
                signed.extend_from_slice(&[9; 32]);
                let message = blake2_256(&signed);
                let signature = body[35..99].try_into().unwrap();
                assert!(KeyKind::Sr25519.verify(&signer.account(), &message, &signature));
            }
        }
    }
}
