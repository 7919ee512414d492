// A minimal discord.js bot: it answers /help with one card. A peer for `cargo bench --bench doors`.
import { readFileSync } from "node:fs";
import { Client, Events, GatewayIntentBits } from "discord.js";

const card = readFileSync(process.env.CARD, "utf8");
const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  // The bench's Discord has no limits while it measures, and neither has its peer.
  rest: { api: `${process.env.API}/api`, globalRequestsPerSecond: 1_000_000 },
});
client.on(Events.InteractionCreate, async (interaction) => {
  if (!interaction.isChatInputCommand() || interaction.commandName !== "help") return;
  await interaction.reply({ content: card, allowedMentions: { parse: [] } });
});
client.on(Events.Error, (error) => console.error(String(error)));
client.once(Events.ClientReady, async () => {
  await client.application.commands.set([{ name: "help", description: "What you can ask here" }]);
  console.log("ready");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => client.destroy().then(() => process.exit(0)));
await client.login(process.env.TOKEN);
