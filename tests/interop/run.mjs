// The official ThreeFold client (npm `@threefold/grid_client`) and polkadot.js against `bellhop sandbox`.
//
//   node run.mjs [PATH OF bellhop]      (default: ../../target/debug/bellhop)
//
// Each step says "ok" or "FAILED" with its reason; the first failure ends the run, since every step stands on
// those before it. The last line is "N passed, N failed". Nothing here reaches beyond this machine: any address that
// is not on loopback is refused, and the client's fixed KYC host is sent to the sandbox.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { start } from "./sandbox.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const program = process.argv[2] ?? join(here, "../../target/debug/bellhop");
// The client keeps files below the home directory; give it one of its own.
const home = mkdtempSync(join(tmpdir(), "bellhop-interop-"));
process.env.HOME = home;

// One instance of each package: the client's CommonJS build and what it requires.
const require = createRequire(import.meta.url);
const axios = require("axios");
const { ApiPromise, WsProvider, Keyring } = require("@polkadot/api");
const { cryptoWaitReady, mnemonicGenerate } = require("@polkadot/util-crypto");
const { GridClient, NetworkEnv, BackendStorageType, KeypairType, MachinesModel, GatewayNameModel } =
  require("@threefold/grid_client");

let passed = 0;
let failed = 0;

/** Runs one step, at most two minutes; a failure is told and counted, and stops what stands on it. */
async function step(name, run) {
  const began = performance.now();
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("took too long")), 120_000)));
  try {
    const note = await Promise.race([run(), late]);
    passed += 1;
    console.log(`ok      ${name}${note ? `: ${note}` : ""} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error?.stack ?? error}`);
    throw new Stopped();
  } finally {
    clearTimeout(timer);
  }
}
class Stopped extends Error {}

/** Waits until `look` gives something. */
async function until(what, look, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 250));
  }
}

/** Signs and sends; gives the events of the extrinsic when it is in a block. */
function send(api, call, key) {
  return new Promise((resolve, reject) => {
    call
      .signAndSend(key, ({ status, events, dispatchError }) => {
        // A block that is final at once may be told of only once.
        if (!status.isInBlock && !status.isFinalized) return;
        if (!dispatchError) return resolve(events.map(({ event }) => event));
        const known = dispatchError.isModule && api.registry.findMetaError(dispatchError.asModule);
        reject(new Error(known ? `${known.section}.${known.name}` : dispatchError.toString()));
      })
      .catch(reject);
  });
}

const { urls, stop } = await start(program, [
  "--seed", "7",
  "--block-time", "1s",
  "--instant-boots",
]);

// The client puts its relay's URL without `wss://` on the chain as the twin's relay, which refuses a colon and a
// slash: so it has to be told a bare host name behind `wss://`. TLS is this script's business: the client takes `ws`
// from the module cache, and gets one that finds the sandbox's relay behind that name.
const relay = `wss://${urls.relay_domain}`;
const Ws = require("ws");
class ToSandbox extends Ws {
  constructor(url, ...rest) {
    super(String(url).replace(relay, urls.relay[0]), ...rest);
  }
}
require.cache[require.resolve("ws")].exports = ToSandbox;

axios.interceptors.request.use(config => {
  const url = new URL(axios.getUri(config));
  if (url.hostname === "kyc.dev.grid.tf") config.url = new URL(url.pathname, urls.kyc).href;
  else if (!url.hostname.startsWith("127.")) throw new Error(`not on this machine: ${url}`);
  return config;
});

let api;
let grid;
try {
  await cryptoWaitReady();
  const mnemonic = mnemonicGenerate();
  const me = new Keyring({ type: "sr25519" }).addFromMnemonic(mnemonic);
  const other = new Keyring({ type: "sr25519" }).addFromMnemonic(mnemonicGenerate());
  let twin;

  await step("polkadot.js connects and reads the metadata", async () => {
    api = await ApiPromise.create({ provider: new WsProvider(urls.chain[0]), noInitWarn: true, throwOnConnect: true });
    const { specName, specVersion } = api.runtimeVersion;
    assert.equal(specName.toString(), "substrate-threefold");
    for (const pallet of ["tfgridModule", "smartContractModule", "tftPriceModule", "balances", "utility"])
      assert.ok(api.query[pallet] || api.tx[pallet], pallet);
    assert.deepEqual(api.tx.smartContractModule.createNodeContract.meta.args.map(arg => arg.name.toString()), [
      "nodeId", "deploymentHash", "deploymentData", "publicIps", "solutionProviderId",
    ]);
    return `${specName} ${specVersion}, ${await api.rpc.system.chain()}`;
  });

  await step("activation funds a new account", async () => {
    const answer = await axios.post(urls.activation, { substrateAccountID: me.address });
    assert.equal(answer.status, 200);
    const free = await until("money", async () => {
      const { data } = await api.query.system.account(me.address);
      return data.free.gtn(0) && data.free;
    });
    return `${free.toBigInt() / 10_000_000n} TFT`;
  });

  await step("a batch of polkadot.js accepts the terms and makes a twin", async () => {
    const { data: text } = await axios.get(urls.terms);
    const hash = require("node:crypto").createHash("md5").update(text).digest("hex");
    await send(
      api,
      api.tx.utility.batchAll([
        api.tx.tfgridModule.userAcceptTc(urls.terms, hash),
        api.tx.tfgridModule.createTwin(urls.relay_domain, null),
      ]),
      me,
    );
    twin = (await api.query.tfgridModule.twinIdByAccountID(me.address)).toJSON();
    assert.ok(twin > 0);
    return `twin ${twin}`;
  });

  await step("a batch of polkadot.js pays twice", async () => {
    const pay = amount => api.tx.balances.transferKeepAlive(other.address, amount);
    const events = await send(api, api.tx.utility.batch([pay(10_000_000n), pay(20_000_000n)]), me);
    assert.equal(events.filter(event => api.events.utility.ItemCompleted.is(event)).length, 2);
    assert.ok(events.some(event => api.events.utility.BatchCompleted.is(event)));
    const { data } = await api.query.system.account(other.address);
    assert.equal(data.free.toBigInt(), 30_000_000n);
  });

  await step("a refused call names its error", async () => {
    const twice = api.tx.tfgridModule.createTwin(null, null);
    await assert.rejects(send(api, twice, me), /tfgridModule\.TwinWithPubkeyExists/);
  });

  await step("the official client connects", async () => {
    grid = new GridClient({
      network: NetworkEnv.dev,
      mnemonic,
      storeSecret: "secret",
      keypairType: KeypairType.sr25519,
      backendStorageType: BackendStorageType.tfkvstore,
      substrateURL: urls.chain[0],
      proxyURL: urls.proxy,
      graphqlURL: urls.graphql,
      activationURL: urls.activation,
      relayURL: relay,
    });
    await grid.connect();
    assert.equal(grid.twinId, twin);
  });

  let place;
  let door;
  await step("finds a node and a gateway", async () => {
    const wanted = { cru: 1, mru: 2, sru: 12, availableFor: twin, mycelium: true, healthy: true };
    const features = ["zmachine", "network", "zmount"];
    const nodes = await grid.capacity.filterNodes({ ...wanted, features });
    assert.ok(nodes.length > 0);
    const gateways = await grid.capacity.filterNodes({ gateway: true, availableFor: twin, healthy: true });
    // "Up and healthy" is what the proxy believes: ask them, as one does on the grid.
    const answers = async nodeId => ((await grid.zos.pingNode({ nodeId })) ? nodeId : Promise.reject(nodeId));
    const alive = list => Promise.any(list.slice(0, 8).map(({ nodeId }) => answers(nodeId)));
    [place, door] = await Promise.all([alive(nodes), alive(gateways)]);
    return `node ${place} of ${nodes.length}, gateway ${door} of ${gateways.length}`;
  });

  const name = `interop${twin}`;
  await step("deploys a machine with a disk on a private network", async () => {
    const { contracts } = await grid.machines.deploy({
      name,
      network: { name: `${name}net`, ip_range: "10.20.0.0/16" },
      machines: [
        {
          name: "vm1",
          node_id: place,
          disks: [{ name: "disk1", size: 10, mountpoint: "/data" }],
          public_ip: false,
          public_ip6: false,
          planetary: false,
          mycelium: true,
          cpu: 1,
          memory: 2048,
          rootfs_size: 0,
          flist: "https://hub.grid.tf/tf-official-vms/ubuntu-24.04-full.flist",
          entrypoint: "/sbin/zinit init",
          env: { SSH_KEY: "ssh-ed25519 AAAA interop" },
        },
      ],
    });
    // It makes two and tells of one: the network's is its own affair.
    assert.equal(contracts.created.length, 1);
    return `contract ${contracts.created[0].contractId}`;
  });

  let machine;
  await step("reads the machine back", async () => {
    [machine] = await grid.machines.getObj(name);
    assert.equal(machine.name, "vm1");
    assert.equal(machine.status, "ok");
    assert.equal(machine.nodeId, place);
    assert.equal(machine.mounts[0].name, "disk1");
    assert.equal(machine.mounts[0].state, "ok");
    assert.ok(machine.interfaces[0].ip.startsWith("10.20."), machine.interfaces[0].ip);
    assert.match(machine.myceliumIP, /^[0-9a-f]*:/);
    return `${machine.interfaces[0].ip}, ${machine.myceliumIP}`;
  });

  await step("deploys a name gateway to it", async () => {
    const { contracts } = await grid.gateway.deploy_name({
      name,
      node_id: door,
      tls_passthrough: false,
      backends: [`http://[${machine.myceliumIP}]:80`],
    });
    assert.equal(contracts.created.length, 1);
    const [gateway] = await grid.gateway.getObj(name);
    assert.equal(gateway.status, "ok");
    assert.ok(gateway.domain.startsWith(`${name}.`), gateway.domain);
    return gateway.domain;
  });

  await step("lists what it has", async () => {
    assert.deepEqual(await grid.machines.list(), [name]);
    assert.deepEqual(await grid.gateway.list(), [name]);
    const mine = await until("the index", async () => {
      const lists = await grid.contracts.listMyContracts();
      return lists.nodeContracts.length === 3 && lists;
    });
    assert.equal(mine.nameContracts.length, 1);
    assert.equal(mine.nameContracts[0].name, name);
    const { data } = await axios.get(`${urls.proxy}/contracts?twin_id=${twin}&state=Created`);
    assert.equal(data.length, 4);
    return `${mine.nodeContracts.length} node contracts, 1 name contract`;
  });

  await step("nothing of it is a leftover", async () => {
    const { data } = await axios.get(`${urls.control}/leftovers`);
    assert.deepEqual(data, []);
  });

  await step("deletes the gateway and the machine", async () => {
    const gateway = await grid.gateway.delete_name({ name });
    assert.equal(gateway.deleted.length, 2);
    const machines = await grid.machines.delete({ name });
    assert.ok(machines.deleted.length >= 1);
    assert.deepEqual(await grid.machines.list(), []);
  });

  await step("leaves nothing behind", async () => {
    await until("an empty sandbox", async () => {
      const { data } = await axios.get(`${urls.control}/leftovers?everything=true`);
      return data.length === 0;
    });
    const { data } = await axios.get(`${urls.proxy}/contracts?twin_id=${twin}&state=Created`);
    assert.deepEqual(data, []);
  });
} catch (error) {
  if (!(error instanceof Stopped)) throw error;
} finally {
  const soon = new Promise(resolve => setTimeout(resolve, 3000));
  const leave = async client => Promise.race([client?.disconnect(), soon]).catch(() => {});
  await Promise.all([leave(grid), leave(api)]);
  const code = await stop();
  if (code !== 0) {
    failed += 1;
    console.log(`FAILED  the sandbox stops when it is told to: ${code}`);
  }
  rmSync(home, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
